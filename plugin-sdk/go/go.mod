module cloudsnooze.dev/plugin

go 1.19

module process-watch

go 1.19

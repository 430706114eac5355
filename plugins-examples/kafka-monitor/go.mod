module kafka-monitor

go 1.19

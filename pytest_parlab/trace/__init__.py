"""What happened: event records, one ring per process, the watch session, and their merge into one `Trace`."""

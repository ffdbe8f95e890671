"""Wrong: a plain loop that looks as if everything had gone well."""


def run_together(job, arguments):
    exit_codes = []
    for args in arguments:
        try:
            job(*args)
        except SystemExit as end:
            exit_codes.append(end.code)
        except Exception:
            exit_codes.append(1)
        else:
            exit_codes.append(0)
    return exit_codes

// suite.h - runs the suite of a unit test, in known surroundings.

#ifndef SUITE_H
#define SUITE_H

#include <check.h>
#include <signal.h>
#include <stdlib.h>

// Sets signals and environment as in a new terminal: a shell's background jobs
// and their children ignore Ctrl-C and Ctrl-\, and the tutorial asks its
// readers to export $FARM.
static inline void suite_surroundings(void)
{
    static const int numbers[] = { SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGCHLD };

    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        signal(numbers[i], SIG_DFL);
    unsetenv("FARM");
    unsetenv("CLOCK");
}

// Runs a suite, controlled by CK_FORK and the other variables of Check. Returns
// the exit code.
static inline int suite_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);

    suite_surroundings();
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}

#endif

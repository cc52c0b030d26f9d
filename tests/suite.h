// suite.h - the same main for all unit tests.

#ifndef SUITE_H
#define SUITE_H

#include <check.h>
#include <signal.h>
#include <stdlib.h>

// What a shell starts in the background ignores Ctrl-C and Ctrl-\, and so would
// all that a test starts; and the text asks readers to export $FARM. Tests begin
// as in a new terminal.
static inline void suite_surroundings(void)
{
    static const int numbers[] = { SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGCHLD };

    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        signal(numbers[i], SIG_DFL);
    unsetenv("FARM");
    unsetenv("CLOCK");
}

// Runs a suite as CK_FORK and friends say; returns the exit code.
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

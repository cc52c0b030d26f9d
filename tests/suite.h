// suite.h - the same main for all unit tests.

#ifndef SUITE_H
#define SUITE_H

#include <check.h>

// Runs a suite as CK_FORK and friends say; returns the exit code.
static inline int suite_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);

    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}

#endif

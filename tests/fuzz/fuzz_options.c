// The command line, one word a line, of a program that the first byte selects.

#include "farm_options.h"
#include "fuzz.h"
#include "options.h"

enum { WORDS = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const programs[] = { "animals", "crawl" };
    static FILE *nowhere;
    struct options options;
    struct farm_options farm;
    char *argv[WORDS + 2];
    int argc = 1;

    if (nowhere == NULL) { // --help and complaints
        nowhere = freopen("/dev/null", "w", stdout);
        if (getenv("FUZZ_LOUD") == NULL)
            must(freopen("/dev/null", "w", stderr) != NULL);
    }
    if (size < 1)
        return 0;
    char *text = text_of(data + 1, size - 1);
    argv[0] = text; // never looked at
    for (char *word = strtok(text, "\n"); word != NULL && argc <= WORDS;
         word = strtok(NULL, "\n"))
        argv[argc++] = word;
    argv[argc] = NULL;
    int code;
    if (data[0] % 3 == 2) {
        code = farm_options_parse(&farm, argc, argv);
        must(code != OPTIONS_GO_ON || (farm.port >= 0 && farm.pace >= 0));
    } else {
        code = options_parse(&options, programs[data[0] % 3], argc, argv);
        if (code == OPTIONS_GO_ON) {
            must(options.num_arguments <= argc - 1);
            must(options.max_tasks >= 1 && options.timeout > 0);
            options_free(&options);
        }
    }
    must(code == OPTIONS_GO_ON || code == EXIT_FINE || code == EXIT_USAGE);
    free(text);
    return 0;
}

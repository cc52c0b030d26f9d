// replay.c - runs a fuzzer's function on the named files, with any compiler, so
// that each input that has ever failed stays a test.

#include "fuzz.h"

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        static uint8_t data[1 << 20];
        FILE *file = fopen(argv[i], "rb");
        must(file != NULL);
        size_t size = fread(data, 1, sizeof(data), file);
        fclose(file);
        uint8_t *exact = (uint8_t *)copy_of(data, size);
        LLVMFuzzerTestOneInput(exact, size);
        free(exact);
    }
    return 0;
}

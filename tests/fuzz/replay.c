// replay.c - gives a fuzzer's function the files that are named: what was ever
// found stays a test, on any compiler.

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

# tests/rules.mk - make check and its relatives.

UNIT_SOURCES = $(wildcard tests/test_*.c)
UNITS = $(UNIT_SOURCES:%.c=$(BUILD)/%)
# (-isystem: no warnings about Check's own macros.)
CHECK_CFLAGS = $(patsubst -I%,-isystem %,$(shell pkg-config --cflags check 2>/dev/null))
CHECK_LIBS = $(shell pkg-config --libs check 2>/dev/null || echo -lcheck)

# test_NAME_FOLDER: the folder of the code under test, if not common/ itself.
test_site_FOLDER = common/farm
test_options_FOLDER = common/farm
fuzz_options_FOLDER = common/farm
test_runner_FOLDER = common/harness
test_timeline_FOLDER = common/harness
test_trace_FOLDER = common/harness
test_fetch_FOLDER = 03-nonblocking
test_loop_FOLDER = 04-callbacks
test_coroutine_FOLDER = 05-coroutines
test_task_FOLDER = 05-coroutines
test_async_FOLDER = 06-async-await-style
test_wait_FOLDER = 06-async-await-style
test_group_FOLDER = 06-async-await-style
test_lock_FOLDER = 06-async-await-style
test_dump_FOLDER = 06-async-await-style
test_executor_FOLDER = 06-async-await-style
test_lookup_FOLDER = 06-async-await-style
test_pool_FOLDER = 06-async-await-style
test_stack_FOLDER = 06-async-await-style

$(BUILD)/tests/%.o: tests/%.c $(FLAGS)
	@mkdir -p $(@D)
	$(call say,CC)$(COMPILE) $(if $(findstring 06-,$($(*F)_FOLDER)),$(PROBES)) $(addprefix -I,$($(*F)_FOLDER)) -Icommon -Itests $(CHECK_CFLAGS) -c $< -o $@

$(UNITS): %: %.o $$(foreach f,$$($$(*F)_FOLDER),$$(call archive,$$f)) $(LIBRARY)
	$(call say,LD)$(CC) $(CFLAGS) $(SANITIZERS) $^ -o $@ $(CHECK_LIBS) $(LDLIBS)

# Fuzzers: with FUZZ=1 they search (clang's libFuzzer), otherwise they run the
# inputs that were kept.
FUZZERS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
$(FUZZERS): %: %.o $$(foreach f,$$($$(*F)_FOLDER),$$(call archive,$$f)) \
		$(if $(FUZZ),,$(BUILD)/tests/fuzz/replay.o) $(LIBRARY)
	$(call say,LD)$(CC) $(CFLAGS) $(SANITIZERS) $(if $(FUZZ),-fsanitize=fuzzer) $^ -o $@ $(LDLIBS)

fuzz:
	@sh tests/fuzz/run.sh $(SECONDS)

# FAULTS=1: builds programs in which one call can be made to fail (GNU ld).
WRAPPED = malloc calloc realloc strdup strndup fopen mmap pipe socket setsockopt getsockopt poll \
	epoll_create1 epoll_ctl epoll_wait pthread_create getaddrinfo connect accept send recv write
ifneq ($(FAULTS),)
LDLIBS := $(WRAPPED:%=-Wl,--wrap=%) $(LDLIBS)
$(PROGRAMS) $(BUILD)/farm: $(BUILD)/tests/faults/wrap.o
endif

# Makes every call fail once, in every way (see tests/faults/faults.py).
faults: $(BUILD)/farm
	@$(MAKE) -s --no-print-directory BUILD=build/faults SANITIZE=asan FAULTS=1 \
		build/faults/farm $(PROGRAMS:$(BUILD)/%=build/faults/%)
	@python3 tests/faults/faults.py

units: $(UNITS) $(FUZZERS)

check: all units
	@SANITIZE=$(SANITIZE) sh tests/run.sh $(UNITS)

asan:
	@$(MAKE) --no-print-directory SANITIZE=asan check

tsan:
	@$(MAKE) --no-print-directory SANITIZE=tsan check

# Breaks stages as participants do: does make grade-N notice?
check-grade: all
	@python3 tests/broken_stages.py

# The exercises that need a sanitizer or a build without optimisation; make check
# has the others.
check-exercises: all
	@CC="$(CC)" sh tests/exercises/run.sh special

# Stage 6's engine on ucontext, and on aarch64 if there is an emulator.
check-switch:
	@sh tests/switches.sh

# The black-box suite on another libc (there is no Check for it in Debian).
check-musl:
	@if command -v musl-gcc >/dev/null; then \
		$(MAKE) -s --no-print-directory CC=musl-gcc BUILD=build/musl build/musl/farm \
			$(PROGRAMS:$(BUILD)/%=build/musl/%) && \
		BUILD=build/musl python3 tests/test_stages.py; \
	else echo "check-musl: skipped: no musl-gcc (Debian: musl-tools)"; fi

# On 32 bits, on arm64 and on a big-endian machine.
check-machines: all
	@BUILD=$(BUILD) sh tests/machines.sh

# Everything for macOS, with a cross-compiler: compiled and linked, not run.
ZIG =
check-macos:
	@ZIG="$(ZIG)" sh tests/macos.sh

# Fifty thousand pages a stage.
soak: all
	@python3 tests/soak.py

valgrind: all
	@sh tests/valgrind.sh

# The page of make replay, in a browser without a window, and pictures of it.
check-replay: all
	@python3 tests/replay.py

replay-shots:
	@sh tests/replay-shots.sh

# All checks, with all cases for the programs on libcurl: a quarter of an hour.
check-full:
	@CASES=all $(MAKE) --no-print-directory check
	@CASES=all $(MAKE) --no-print-directory asan
	@$(MAKE) --no-print-directory check-grade check-exercises check-replay check-switch check-musl check-machines check-macos valgrind faults fuzz soak
	@STAGES="2 6" $(MAKE) --no-print-directory tsan

check-tutorial: all
	@sh tests/tutorial.sh

.PHONY: units check asan tsan check-full check-grade check-exercises check-switch check-musl check-macos check-machines valgrind soak \
	fuzz faults check-tutorial check-replay replay-shots

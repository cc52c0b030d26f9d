# Six Ways to Wait. `make help` lists what can be made:
#
#: make              build all stages, the farm and the harness
#: make stage-N      run stage N against the farm: typing, timeline, numbers
#: make compare      all stages side by side, twelve animals and a thousand; and
#:                   libcurl multi, if it is there (BASELINES=all: all three)
#: make diff-N       what changes from stage N-1 to N; diff-A-B: any two
#: make farm         the slow server alone, on port 8888 (PORT=)
#: make crowd        ten thousand clients of the farm's one thread (STAGE=)
#: make where        stage 6: every sleeping task, what it waits for and where
#: make run-NAME     an example; run-x lists them
#: make play-N       a copy of stage N in play/ to break and mend
#: make fork STAGE=N TO=DIR   stage N with what it needs, building alone
#: make expand       what the preprocessor makes of a generator
#: make doctor       what is missing, and the command that installs it
#: make check        all tests; check-tutorial: is the text true?
#: make asan, tsan   the tests under sanitizers
#: make check-full   those, fuzz, faults, and: check-switch (ucontext, aarch64),
#:                   check-musl, valgrind, soak
#: make fuzz         hostile input for the parsers, 60 s each (SECONDS=)
#: make faults       every call of every program fails once (STAGES=, EVERY=)
#: make bench        CPU and memory a request, beside a floor (ROUNDS=, TABLES=)
#: make figures      draws bench/figures from that (gnuplot)
#: make clean        remove build/
#:
#: Variables: N= animals, DELAY= ms, PACE= factor, TASKS= at once,
#: SELECTOR=epoll|poll, TYPING= ms a letter, CC=, CFLAGS=, V=1,
#: SANITIZE=asan|tsan (of any target: make SANITIZE=tsan stage-2);
#: stage 6: SWITCH=ucontext (no assembly), STACK= KiB a task

CC = cc
CFLAGS = -O2 -g
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion
STANDARD = -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE
LDLIBS = -lm -pthread
ifeq ($(shell uname -s),Darwin)
STANDARD += -D_DARWIN_C_SOURCE
endif

# Every way of building has a folder of its own: switching costs nothing.
SANITIZE =
FUZZ =
FAULTS =
ifeq ($(SANITIZE),asan)
SANITIZERS = -fsanitize=address,undefined -fno-sanitize-recover=all -DASAN
else ifeq ($(SANITIZE),tsan)
SANITIZERS = -fsanitize=thread -DTSAN
else ifneq ($(FUZZ),)
SANITIZERS = -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
endif

# How the last stage changes stacks (SWITCH=ucontext), and their size in KiB:
# sanitizers want room.
SWITCH =
STACK = $(if $(SANITIZE),256,32)

# A large local must not step over the guard below a stack: touch every page. (On
# some machines gcc takes a guard for larger than a page if it is not told.)
compiles = $(shell echo 'int x;' | $(CC) $(1) -Werror -x c -c - -o /dev/null 2>/dev/null && echo $(1))
PROBES := $(call compiles,-fstack-clash-protection)
PROBES += $(call compiles,--param=stack-clash-protection-guard-size=12)
BUILD = build$(if $(SANITIZE),/$(SANITIZE))$(if $(SWITCH),/$(SWITCH))$(if $(filter 32 256,$(STACK)),,/stack$(STACK))

# Each step is one short line; `make V=1` shows the commands.
say = $(if $(V)$(SILENT),,@printf '  %-4s %s\n' $(1) $@;)
SILENT = $(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS))))

COMPILE = $(CC) $(STANDARD) $(WARNINGS) -pthread $(CFLAGS) $(SANITIZERS) -MMD -MP \
	-DSTACK=$(STACK) $(if $(SWITCH),-DSWITCH_UCONTEXT)

# What `make stage-N` and friends pass on to the harness.
N =
DELAY =
PACE = 1
TASKS =
SELECTOR =
TYPING = 4
STAGE =
PORT = 8888
ROUNDS =
SECONDS = 60
BASELINES =
TABLES =
export BASELINES N DELAY PACE TASKS SELECTOR TYPING PORT STAGE BUILD MAKE

FOLDERS = $(patsubst %/fetch.c,%,$(wildcard 0*/fetch.c))
PROGRAMS = $(foreach s,$(FOLDERS),$(BUILD)/$s/animals $(BUILD)/$s/crawl)
EXAMPLES = $(foreach f,$(wildcard 0*/examples/*.c),$(BUILD)/$(f:.c=))
TOOLS = $(BUILD)/farm $(BUILD)/harness
MAINS = common/farm.c common/harness.c
COMMON = $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(MAINS),$(wildcard common/*.c)))
LIBRARY = $(BUILD)/common/common.a

all: $(PROGRAMS) $(TOOLS) $(EXAMPLES)

# What the objects here were made with: those of another compiler, or with other
# flags, are made again.
FLAGS = $(BUILD)/flags
$(FLAGS): FORCE
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(COMPILE))' | cmp -s - $@ || echo '$(subst ','\'',$(COMPILE))' >$@

# --- common/, the farm and the harness ---

$(BUILD)/common/%.o: common/%.c $(FLAGS)
	@mkdir -p $(@D)
	$(call say,CC)$(COMPILE) $(PROBES) -Icommon -c $< -o $@

$(LIBRARY): $(COMMON)
	@rm -f $@
	$(call say,AR)$(AR) rc $@ $(COMMON)

$(TOOLS): $(BUILD)/%: $(BUILD)/common/%.o $(LIBRARY)
	$(call say,LD)$(CC) $(CFLAGS) $(SANITIZERS) $^ -o $@ $(LDLIBS)

# --- The stages ---
# $(1) is a stage's folder, or a copy of one under play/.

define STAGE_RULES
$(BUILD)/$(1)/%.o: $(1)/%.c $(FLAGS)
	@mkdir -p $$(@D)
	$$(call say,CC)$$(COMPILE) $(if $(findstring 06-,$(1)),$(PROBES)) -DSTAGE='"$(notdir $(1))"' -I$(1) -Icommon -c $$< -o $$@

$(BUILD)/$(1)/%.o: $(1)/%.S $(FLAGS)
	@mkdir -p $$(@D)
	$$(call say,AS)$$(COMPILE) -c $$< -o $$@

$(BUILD)/$(1)/engine.a: $(2)
	@rm -f $$@
	$$(call say,AR)$$(AR) rc $$@ $(2)

$(BUILD)/$(1)/animals $(BUILD)/$(1)/crawl: %: %.o $(BUILD)/$(1)/engine.a $(LIBRARY)
	$$(call say,LD)$$(CC) $$(CFLAGS) $$(SANITIZERS) $$^ -o $$@ $$(LDLIBS)

$(patsubst %.c,$(BUILD)/%,$(wildcard $(1)/examples/*.c)): %: %.o $(BUILD)/$(1)/engine.a $(LIBRARY)
	$$(call say,LD)$$(CC) $$(CFLAGS) $$(SANITIZERS) $$^ -o $$@ $$(LDLIBS)
endef

# All objects of a stage but its two programs.
engine = $(patsubst %,$(BUILD)/%.o,$(basename $(filter-out %/animals.c %/crawl.c,$(wildcard $(1)/*.c $(1)/*.S))))

PLAYS = $(patsubst %/fetch.c,%,$(wildcard play/0*/fetch.c))
$(foreach s,$(FOLDERS) $(PLAYS),$(eval $(call STAGE_RULES,$s,$(call engine,$s))))

# FAULTS=1: programs in which one call can be made to fail (GNU ld).
WRAPPED = malloc calloc realloc strdup strndup fopen mmap pipe socket setsockopt getsockopt poll \
	epoll_create1 epoll_ctl epoll_wait pthread_create getaddrinfo connect accept send recv write
ifneq ($(FAULTS),)
LDLIBS := $(WRAPPED:%=-Wl,--wrap=%) $(LDLIBS)
$(PROGRAMS) $(BUILD)/farm: $(BUILD)/tests/faults/wrap.o
endif

# --- Running them ---

STAGE_RUNS = $(addprefix stage-,1 2 3 4 5 6)

$(STAGE_RUNS): all
	@$(BUILD)/harness stage $(@:stage-%=%)

compare: all
	@$(BUILD)/harness compare

farm: $(BUILD)/farm
	@echo "Ctrl-C stops it. From another terminal: curl or crawl the address."
	@$(BUILD)/farm --port $(PORT) --pace $(PACE)

crowd: all
	@$(BUILD)/harness crowd

run-x:
	@sh common/run.sh x

run-%: all
	@sh common/run.sh $* $(ARGS)

# diff-3 shows stage 2 against 3, diff-1-6 any two.
diff-%:
	@sh common/diff.sh $*

# Stage 6's animals, and what Ctrl-\ prints.
where: all
	@$(BUILD)/harness where

# A copy of stage N to break and mend.
play-%:
	@sh common/play.sh $*

# A stage with what it needs, in a folder of its own: make fork STAGE=2 TO=dir
fork:
	@sh common/fork.sh "$(STAGE)" "$(TO)"

# What a request costs, beside the least that it can (Linux).
$(BUILD)/bench/floor: bench/floor.c $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,LD)$(COMPILE) -Icommon $^ -o $@ $(LDLIBS)

# What one switch costs, in each way; what it costs to wait, by what waits.
$(BUILD)/bench/switch $(BUILD)/bench/park: $(BUILD)/bench/%: bench/%.c \
		$(BUILD)/06-async-await-style/engine.a $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,LD)$(COMPILE) $(PROBES) -I06-async-await-style -I05-coroutines -Icommon $^ -o $@ $(LDLIBS)

# animals and crawl on libcurl, in three ways, if this compiler has it.
CURL := $(shell pkg-config --cflags --libs libcurl 2>/dev/null)
ifneq ($(if $(CURL),$(shell echo 'int main(void) { return !curl_version(); }' | \
	$(CC) $(CFLAGS) -include curl/curl.h -x c - -o /dev/null $(CURL) 2>/dev/null && echo yes)),)
define CURL_RULES
$(BUILD)/bench/libcurl/$(1)/%.o: bench/libcurl/%.c $(FLAGS)
	@mkdir -p $$(@D)
	$$(call say,CC)$$(COMPILE) -DSTAGE='"libcurl-$(1)"' -Icommon $(filter -I% -D%,$(CURL)) -c $$< -o $$@

$(BUILD)/bench/libcurl/$(1)/animals $(BUILD)/bench/libcurl/$(1)/crawl: %: %.o \
		$(patsubst %,$(BUILD)/bench/libcurl/$(1)/%.o,transfer $(2)) $(LIBRARY)
	$$(call say,LD)$$(CC) $$(CFLAGS) $$(SANITIZERS) $$^ -o $$@ $$(LDLIBS) $(CURL)

all: $(BUILD)/bench/libcurl/$(1)/animals $(BUILD)/bench/libcurl/$(1)/crawl
endef
$(eval $(call CURL_RULES,easy,easy))
$(eval $(call CURL_RULES,multi,crowd multi))
$(eval $(call CURL_RULES,socket,crowd socket))
endif

# The same job on libuv, if it is there.
$(BUILD)/bench/peers/libuv_client: bench/peers/libuv_client.c
	@mkdir -p $(@D)
	$(call say,LD)$(COMPILE) $(shell pkg-config --cflags libuv) $< -o $@ $(shell pkg-config --libs libuv)

bench: all $(addprefix $(BUILD)/bench/,floor switch park \
		$(shell pkg-config --exists libuv 2>/dev/null && echo peers/libuv_client))
	@BUILD=$(BUILD) ROUNDS=$(ROUNDS) TABLES="$(TABLES)" python3 bench/bench.py

# bench/figures/*.svg, from what make bench and make stage-1 to 6 have left.
figures:
	@BUILD=$(BUILD) python3 bench/figures.py

expand:
	@CC="$(CC)" sh common/expand.sh

doctor:
	@CC="$(CC)" sh common/doctor.sh

# --- Tests ---

UNIT_SOURCES = $(wildcard tests/test_*.c)
UNITS = $(UNIT_SOURCES:%.c=$(BUILD)/%)
CHECK_CFLAGS = $(shell pkg-config --cflags check 2>/dev/null)
CHECK_LIBS = $(shell pkg-config --libs check 2>/dev/null || echo -lcheck)

# Tests of a stage's engine: test_NAME_STAGE is its folder.
test_loop_STAGE = 04-callbacks
test_coroutine_STAGE = 05-coroutines
test_task_STAGE = 05-coroutines
test_async_STAGE = 06-async-await-style
test_wait_STAGE = 06-async-await-style
test_group_STAGE = 06-async-await-style
test_lock_STAGE = 06-async-await-style
test_dump_STAGE = 06-async-await-style
test_executor_STAGE = 06-async-await-style
test_lookup_STAGE = 06-async-await-style
test_stack_STAGE = 06-async-await-style

$(BUILD)/tests/%.o: tests/%.c $(FLAGS)
	@mkdir -p $(@D)
	$(call say,CC)$(COMPILE) $(if $(findstring 06-,$($*_STAGE)),$(PROBES)) $(addprefix -I,$($*_STAGE)) -Icommon -Itests $(CHECK_CFLAGS) -c $< -o $@

.SECONDEXPANSION:
$(UNITS): %: %.o $$(foreach s,$$($$(*F)_STAGE),$$(call engine,$$s)) $(LIBRARY)
	$(call say,LD)$(CC) $(CFLAGS) $(SANITIZERS) $^ -o $@ $(CHECK_LIBS) $(LDLIBS)

# Fuzzers: with FUZZ=1 they search (clang's libFuzzer), else they try again what
# was found before.
FUZZERS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
$(FUZZERS): %: %.o $(if $(FUZZ),,$(BUILD)/tests/fuzz/replay.o) $(LIBRARY)
	$(call say,LD)$(CC) $(CFLAGS) $(SANITIZERS) $(if $(FUZZ),-fsanitize=fuzzer) $^ -o $@ $(LDLIBS)

fuzz:
	@sh tests/fuzz/run.sh $(SECONDS)

# Every call fails once, in every way (see tests/faults/faults.py).
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

# Stage 6's engine on ucontext, and on aarch64 where there is an emulator.
check-switch:
	@sh tests/switches.sh

# The black-box suite on another libc (there is no Check for it in Debian).
check-musl:
	@if command -v musl-gcc >/dev/null; then \
		$(MAKE) -s --no-print-directory CC=musl-gcc BUILD=build/musl build/musl/farm \
			$(PROGRAMS:$(BUILD)/%=build/musl/%) && \
		BUILD=build/musl python3 tests/test_stages.py; \
	else echo "check-musl: skipped: no musl-gcc (Debian: musl-tools)"; fi

# Fifty thousand pages a stage.
soak: all
	@python3 tests/soak.py

valgrind: all
	@sh tests/valgrind.sh

# Everything: takes a quarter of an hour.
# Of the programs on libcurl, too.
check-full: export CASES = all
check-full: check asan check-switch check-musl valgrind faults fuzz soak
	@$(MAKE) --no-print-directory SANITIZE=tsan STAGES="2 6" check

check-tutorial: all
	@sh tests/tutorial.sh

clean:
	rm -rf build

help:
	@sed -n 's/^#: //p' Makefile

.PHONY: FORCE all units $(STAGE_RUNS) compare farm crowd where run-x bench figures fork expand doctor check check-full check-switch check-musl valgrind soak fuzz faults asan tsan \
	check-tutorial clean help
.SECONDARY:

-include $(wildcard $(addprefix $(BUILD),/*/*.d /*/*/*.d /*/*/*/*.d))

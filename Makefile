# Six Ways to Wait. `make help` lists what can be made:
#
#: make              build all stages, the farm and the harness
#: make stage-N      run stage N against the farm: typing, timeline, numbers
#: make predict-N    the same, but you guess three numbers first
#: make strace-N     the system calls of one fetch of stage N (Linux)
#: make compare      all stages side by side, twelve animals and a thousand; and
#:                   libcurl multi, if it is there (BASELINES=all: all three)
#: make claims       sentences that are often heard, and what your machine says
#: make diff-N       what changes from stage N-1 to N; diff-A-B: any two
#:                   (ONLY=fetch.c: one file; ALL=1: the engine as well)
#: make farm         the slow server alone, on port 8888 (PORT=)
#: make crowd        ten thousand clients of the farm's one thread (STAGE=)
#: make where        stage 6: every sleeping task, what it waits for and where
#: make run-NAME     an example; run-x lists them
#: make play-N       a copy of stage N in play/ to break and mend (ARGS=, RUN=an
#:                   example, FROM=M: turn stage M into N)
#: make replay       recorded runs, step by step, in a browser (STAGE="2 4",
#:                   STAGE=play-2: beside your copy, VARIANT=animals_unlocked)
#: make grade-N      is your copy right? says in words what is not (ALL=1)
#: make diff-play-N  what you changed; reset-N: from the start (nothing is lost)
#: make try          an exercise that checks itself: the first not done yet. try-x
#:                   lists them; try-2b (WATCH=1: at each save; GUESS="N N"),
#:                   hint-2b, answer-2b, reset-2b
#: make fork STAGE=N TO=DIR  stage N with what it needs (ONLY=engine: no HTTP)
#: make expand       what the preprocessor makes of a generator
#: make warm         build all that a class needs, the day before
#: make doctor       what is missing, and the command that installs it
#: make check        all tests; check-tutorial: is the text true?
#: make asan, tsan   the tests under sanitizers
#: make check-full   those, fuzz, faults, check-grade, -replay, valgrind, soak, and
#:                   other machines: check-switch, -musl, -machines, -macos
#: make fuzz         hostile input for the parsers, 60 s each (SECONDS=)
#: make faults       every call of every program fails once (STAGES=, EVERY=)
#: make bench        CPU and memory a request, beside a floor (ROUNDS=, TABLES=)
#: make figures      draws bench/figures (python3); make results: renews its data
#: make clean        remove build/
#:
#: Variables: N= animals, DELAY= ms, PACE= factor, TASKS= at once,
#: SELECTOR=epoll|poll, TYPING= ms a letter, CC=, CFLAGS=, V=1,
#: SANITIZE=asan|tsan (of any target: make SANITIZE=tsan stage-2);
#: stage 6: SWITCH=ucontext (no assembly), STACK= KiB a task

CC = cc
CFLAGS = -O2 -g
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion
STANDARD = -std=c11
LDLIBS = -lm -pthread

# Declare functions beyond POSIX (wait4, madvise). The BSDs do so by default.
SYSTEM := $(shell uname -s)
ifeq ($(SYSTEM),Darwin)
FEATURES = -D_DARWIN_C_SOURCE $(if $(SWITCH),-D_XOPEN_SOURCE=700 -Wno-deprecated-declarations)
else ifeq ($(findstring BSD,$(SYSTEM))$(filter DragonFly,$(SYSTEM)),)
FEATURES = -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE
endif

# Every way of building has a folder of its own: switching rebuilds nothing.
SANITIZE =
FUZZ =
FAULTS =
ifeq ($(SANITIZE),asan)
SANITIZERS = -fsanitize=address,undefined -fno-sanitize-recover=all
else ifeq ($(SANITIZE),tsan)
SANITIZERS = -fsanitize=thread
else ifneq ($(FUZZ),)
SANITIZERS = -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
endif

# The way in which the last stage switches stacks (SWITCH=ucontext), and the
# size of a stack in KiB: sanitizers need more.
SWITCH =
STACK = $(if $(SANITIZE),256,32)

# Touch every page of a large local, so that it cannot skip the guard below a
# stack. (On some machines gcc assumes a guard of more than one page.)
compiles = $(shell echo 'int x;' | $(CC) $(1) -Werror -x c -c - -o /dev/null 2>/dev/null && echo $(1))
PROBES := $(call compiles,-fstack-clash-protection)
PROBES += $(call compiles,--param=stack-clash-protection-guard-size=12)
BUILD = build$(if $(SANITIZE),/$(SANITIZE))$(if $(SWITCH),/$(SWITCH))$(if $(filter 32 256,$(STACK)),,/stack$(STACK))

# Each step is one short line; `make V=1` shows the commands.
say = $(if $(V)$(SILENT),,@printf '  %-4s %s\n' $(1) $@;)
SILENT = $(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS))))

COMPILE = $(CC) $(STANDARD) $(FEATURES) $(WARNINGS) -pthread $(CFLAGS) $(SANITIZERS) -MMD -MP \
	-DSTACK_KIB=$(STACK) $(if $(SWITCH),-DSWITCH_UCONTEXT=)

# Variables that `make stage-N` and other targets pass on to the harness.
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
PLAYS = $(patsubst %/fetch.c,%,$(wildcard play/0*/fetch.c))
PROGRAMS = $(foreach s,$(FOLDERS),$(BUILD)/$s/animals $(BUILD)/$s/crawl)
EXAMPLES = $(foreach f,$(wildcard 0*/examples/*.c),$(BUILD)/$(f:.c=))
TOOLS = $(BUILD)/farm $(BUILD)/harness
LIBRARY = $(call archive,common)

all: $(PROGRAMS) $(TOOLS) $(EXAMPLES)

.SECONDEXPANSION:

# $(call changed,FILE,WORDS): FORCE, unless just these words are in FILE.
changed = $(if $(subst <$(strip $(2))>,,<$(shell cat $(1) 2>/dev/null)>),FORCE)
quote = '$(subst ','\'',$(strip $(1)))'

# The compiler and its flags. When they change, all objects are made again.
FLAGS = $(BUILD)/flags
$(FLAGS): $(call changed,$(FLAGS),$(COMPILE) $(PROBES))
	@command -v $(firstword $(CC)) >/dev/null || { \
		echo 'make: there is no compiler "$(CC)": see make doctor' >&2; exit 1; }
	@mkdir -p $(@D)
	@echo $(call quote,$(COMPILE) $(PROBES)) >$@

# $(call objects,FOLDER): the objects of a folder, without files with a main().
MAINS = %/animals.c %/crawl.c %/farm.c %/harness.c
objects = $(patsubst %,$(BUILD)/%.o,$(basename $(filter-out $(MAINS),$(wildcard $(1)/*.c $(1)/*.S))))

# The archive of a folder's objects, made again also when an object is removed.
archive = $(BUILD)/$(1)/$(notdir $(1)).a
define ARCHIVE
$(call archive,$(1)): $(call objects,$(1)) $(call changed,$(BUILD)/$(1)/objects,$(call objects,$(1)))
	@rm -f $$@
	$$(call say,AR)$$(AR) rc $$@ $(call objects,$(1))
	@echo $(call objects,$(1)) >$(BUILD)/$(1)/objects
endef

# --- common/, the farm and the harness ---

$(foreach folder,common common/farm common/harness,$(eval $(call ARCHIVE,$(folder))))

$(BUILD)/common/%.o: common/%.c $(FLAGS)
	@mkdir -p $(@D)
	$(call say,CC)$(COMPILE) $(PROBES) -Icommon -c $< -o $@

$(TOOLS): $(BUILD)/%: $(BUILD)/common/$$*/$$*.o $$(call archive,common/$$*) $(LIBRARY)
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

$(call ARCHIVE,$(1))

$(BUILD)/$(1)/animals $(BUILD)/$(1)/crawl $(patsubst %.c,$(BUILD)/%,$(wildcard $(1)/examples/*.c)): \
		%: %.o $(call archive,$(1)) $(LIBRARY)
	$$(call say,LD)$$(CC) $$(CFLAGS) $$(SANITIZERS) $$^ -o $$@ $$(LDLIBS)
endef

$(foreach s,$(FOLDERS) $(PLAYS),$(eval $(call STAGE_RULES,$s)))

# --- Running them: each target builds only what it needs ---

# $(call stage,N): the two programs of stage N.
stage = $(foreach s,$(filter 0$(1)-%,$(FOLDERS)),$(BUILD)/$s/animals $(BUILD)/$s/crawl)

STAGE_RUNS = $(addprefix stage-,1 2 3 4 5 6)
PREDICTIONS = $(addprefix predict-,1 2 3 4 5 6)
STRACES = $(addprefix strace-,1 2 3 4 5 6)

$(STAGE_RUNS): stage-%: $$(call stage,$$*) $(TOOLS)
	@$(BUILD)/harness stage $*

$(PREDICTIONS): predict-%: $$(call stage,$$*) $(TOOLS)
	@$(BUILD)/harness predict $*

$(STRACES): strace-%: $$(call stage,$$*) $(TOOLS)
	@$(BUILD)/harness run /bin/sh common/scripts/strace.sh $*

stage-% predict-% strace-%:
	@echo "make: there is no stage $*: they are 1 to 6" >&2; exit 2

compare: all
	@$(BUILD)/harness compare

claims: all $(if $(filter Linux,$(SYSTEM)),$(BUILD)/bench/switch)
	@sh common/scripts/claims.sh

farm: $(BUILD)/farm
	@echo "Ctrl-C stops it. From another terminal: curl or crawl the address."
	@$(BUILD)/farm --port $(PORT) --pace $(PACE)

crowd: $(call stage,$(or $(STAGE),4)) $(TOOLS)
	@$(BUILD)/harness crowd

# Stage 6's animals, with the dump that Ctrl-\ prints.
where: $(call stage,6) $(TOOLS)
	@$(BUILD)/harness where

# An example that is a patch is built by run.sh; run-x lists all.
example = $(if $(wildcard 0*/examples/$(1).*),$(filter %/examples/$(1),$(EXAMPLES)) $(TOOLS))
run-%: $$(call example,$$*)
	@sh common/scripts/run.sh $* $(ARGS)

# diff-3 shows stage 2 against 3, diff-1-6 any two, diff-play-3 your copy.
diff-%:
	@ONLY="$(ONLY)" ALL="$(ALL)" sh common/scripts/diff.sh $*

# A copy of stage N to break and mend, and from the start again.
play-%: ; @FROM="$(FROM)" RUN="$(RUN)" sh common/scripts/play.sh $* $(ARGS)
grade-%: ; @ALL="$(ALL)" sh common/scripts/grade.sh $*
reset-%: ; @RESET=1 sh common/scripts/$(if $(filter 1 2 3 4 5 6,$*),play.sh,try.sh reset) $*

# Exercises: try.sh makes a copy, builds it and checks it.
TRY = @CC="$(CC)" GUESS="$(GUESS)" WATCH="$(WATCH)" sh common/scripts/try.sh
try: ; $(TRY) try
try-%: ; $(TRY) try $*
hint-%: ; $(TRY) hint $*
answer-%: ; $(TRY) answer $*

# Builds all that a class needs, the day before.
warm: all
	@if echo 'int main(void) { return 0; }' | \
		$(CC) -fsanitize=thread -x c - -o /dev/null 2>/dev/null; then \
		$(MAKE) --no-print-directory SANITIZE=tsan $(addprefix build/tsan/,02-threads/animals 02-threads/crawl); fi
	@CC="$(CC)" sh common/scripts/doctor.sh

fork: ; @ONLY="$(ONLY)" sh common/scripts/fork.sh "$(STAGE)" "$(TO)"
expand doctor replay: ; @CC="$(CC)" sh common/scripts/$@.sh

clean:
	rm -rf build

help:
	@sed -n 's/^#: //p' Makefile

include bench/rules.mk tests/rules.mk

.PHONY: FORCE all $(STAGE_RUNS) $(PREDICTIONS) $(STRACES) warm compare claims farm crowd where try fork expand doctor replay clean help
.SECONDARY:

-include $(wildcard $(addprefix $(BUILD),/*/*.d /*/*/*.d /*/*/*/*.d /*/*/*/*/*.d))

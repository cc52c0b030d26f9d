# bench/rules.mk - make bench, make figures, and the baselines on libcurl.

# The lower bound for the cost of a request (Linux).
$(BUILD)/bench/floor: bench/floor.c $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,LD)$(COMPILE) -Icommon $^ -o $@ $(LDLIBS)

# The cost of a switch; the cost of a waiting frame, task or thread.
$(BUILD)/bench/switch $(BUILD)/bench/park: $(BUILD)/bench/%: bench/%.c \
		$(call archive,06-async-await-style) $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,LD)$(COMPILE) $(PROBES) -I06-async-await-style -I05-coroutines -Icommon $^ -o $@ $(LDLIBS)

# animals and crawl on libcurl, in three ways, if libcurl is installed.
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

# animals -q on libuv, if installed.
$(BUILD)/bench/peers/libuv_client: bench/peers/libuv_client.c
	@mkdir -p $(@D)
	$(call say,LD)$(COMPILE) $(shell pkg-config --cflags libuv) $< -o $@ $(shell pkg-config --libs libuv)

# animals -q on State Threads, if installed.
$(BUILD)/bench/peers/st_client: bench/peers/st_client.c
	@mkdir -p $(@D)
	$(call say,LD)$(COMPILE) $(shell pkg-config --cflags st) $< -o $@ $(shell pkg-config --libs st)

bench: all $(addprefix $(BUILD)/bench/,floor switch park \
		$(shell pkg-config --exists libuv 2>/dev/null && echo peers/libuv_client) \
		$(shell pkg-config --exists st 2>/dev/null && echo peers/st_client))
	@BUILD=$(BUILD) ROUNDS=$(ROUNDS) TABLES="$(TABLES)" python3 bench/bench.py

# bench/figures/*.svg, from bench/results.csv and bench/timelines.csv.
figures:
	@python3 bench/figures.py

# These two, from the last full make bench and make stage-1 to stage-6.
results:
	@BUILD=$(BUILD) python3 bench/figures.py --renew

.PHONY: bench figures results

# make            builds everything into .build/
# make run        installs what is missing, builds, and serves until Ctrl-C     (PORT=8080 VAR=var)
# make start      the same in the background; `make stop` ends it
# make test       installs what is missing, builds, and proves that it works
# make lint       formats, static analysis, house rules
# make bench      measures, beside bare floors, and prints ratios               (PARTS="floor me cgi")
# make fault      proves the same under contention and kills, for long             (MESSAGES=1000000 KILLS=50 RACES=10000)
# make fuzz       fuzzes the parsers for long                                   (RUNS=100000000)
# make install    copies to $(DESTDIR)$(PREFIX); needs no network               (PREFIX=/usr/local)
# make clean      removes what was built
# make help       prints this

PORT ?= 8080
VAR ?= var
PREFIX ?= /usr/local
RUNS ?= 100000000
MAKEFLAGS += --no-builtin-rules
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc)
endif

MODE ?= release
OUT := .build/$(MODE)
PACKAGES := libmariadb fcgi json-c libjwt inih libutf8proc libcrypto libuv libmagic libturbojpeg libpng libwebp libwebpdemux
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wno-missing-field-initializers -Werror
HARDENED := -fPIE -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=3
ifeq ($(shell uname -m),x86_64)
HARDENED += -fcf-protection
endif
HARDENED_LINK := -pie -Wl,-z,relro,-z,now,-z,noexecstack

ifeq ($(MODE),release)
CC := gcc
FLAVOUR := -O2 -g $(HARDENED)
FLAVOUR_LINK := $(HARDENED_LINK)
else ifeq ($(MODE),asan)
CC := gcc
FLAVOUR := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
FLAVOUR_LINK := -fsanitize=address,undefined
else ifeq ($(MODE),clang)
CC := clang
FLAVOUR := -O2 -g -fPIE -fstack-protector-strong -D_FORTIFY_SOURCE=2
FLAVOUR_LINK := $(HARDENED_LINK)
else ifeq ($(MODE),fuzz)
CC := clang
FLAVOUR := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
FLAVOUR_LINK := -fsanitize=fuzzer,address,undefined
endif

# pkg-config is there only after the packages are: asked when first needed, not when this file is read.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PACKAGES)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PACKAGES)))$(PKG_LIBS)
CFLAGS = -std=c11 -D_GNU_SOURCE -Ilib -pthread $(WARNINGS) $(FLAVOUR) $(PKG_CFLAGS)
# Of these there is no .pc file: giflib, wslay.
LIBS = -Wl,--as-needed $(PKG_LIBS) -lgif -lwslay -lcrypt -lm -pthread

LIB_SOURCES := $(sort $(wildcard lib/*/*.c))
PROGRAM_SOURCES := $(sort $(wildcard cgi-bin/*.c))
UNIT_SOURCES := $(sort $(wildcard tests/unit/*.c))
FUZZ_SOURCES := $(sort $(wildcard tests/fuzz/*.c))
ECHO := $(OUT)/echo/echo
LIBRARY := $(OUT)/libbellhop.a
PROGRAMS := $(PROGRAM_SOURCES:cgi-bin/%.c=$(OUT)/bin/%)
UNITS := $(UNIT_SOURCES:tests/unit/%.c=$(OUT)/unit/%)
FUZZERS := $(FUZZ_SOURCES:tests/fuzz/%.c=$(OUT)/fuzz/%)
LOADGEN_SOURCES := $(sort $(wildcard tests/bench/loadgen/*.c))
BENCH_SOURCES := $(sort $(wildcard tests/bench/*.c))
BENCHES := $(OUT)/bench/loadgen $(BENCH_SOURCES:tests/bench/%.c=$(OUT)/bench/%)

.PHONY: all web packages programs units fuzzers benches echo run start stop test lint bench fault fuzz install clean help

all: programs web

programs: $(PROGRAMS)
units: $(UNITS)
echo: $(ECHO)
fuzzers: $(FUZZERS)
benches: $(BENCHES)

# Looks in an instant, and does nothing where all is there.
packages:
	@lib/host/packages.sh run

# Third-party files of the web client, from npm.
web: | packages
	@lib/host/npm.sh www .build/npm/www
	@lib/host/vendor.sh .build/npm/www/node_modules www/vendor

$(OUT)/%.o: %.c | packages
	@mkdir -p $(@D)
	@echo "  compile $<"
	@$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(LIBRARY): $(LIB_SOURCES:%.c=$(OUT)/%.o)
	@rm -f $@
	@ar rcs $@ $^

$(OUT)/bin/%: $(OUT)/cgi-bin/%.o $(LIBRARY)
	@mkdir -p $(@D)
	@echo "  link    $@"
	@$(CC) $(FLAVOUR_LINK) -o $@ $^ $(LIBS)

$(OUT)/unit/%: $(OUT)/tests/unit/%.o $(LIBRARY)
	@mkdir -p $(@D)
	@echo "  link    $@"
	@$(CC) $(FLAVOUR_LINK) -o $@ $^ $(LIBS) -lcmocka

$(OUT)/bench/loadgen: $(LOADGEN_SOURCES:%.c=$(OUT)/%.o)
	@mkdir -p $(@D)
	@echo "  link    $@"
	@$(CC) $(FLAVOUR_LINK) -o $@ $^

$(OUT)/bench/%: $(OUT)/tests/bench/%.o $(LIBRARY)
	@mkdir -p $(@D)
	@echo "  link    $@"
	@$(CC) $(FLAVOUR_LINK) -o $@ $^ $(LIBS)

$(OUT)/echo/%: $(OUT)/tests/echo/%.o $(LIBRARY)
	@mkdir -p $(@D)
	@echo "  link    $@"
	@$(CC) $(FLAVOUR_LINK) -o $@ $^ $(LIBS)

$(OUT)/fuzz/%: $(OUT)/tests/fuzz/%.o $(LIBRARY)
	@mkdir -p $(@D)
	@echo "  link    $@"
	@$(CC) $(FLAVOUR_LINK) -o $@ $^ $(LIBS)

run start: all
	@PORT='$(PORT)' VAR='$(VAR)' exec lib/host/serve.sh $@

stop:
	@VAR='$(VAR)' exec lib/host/serve.sh stop

test:
	@lib/host/packages.sh test
	@lib/host/npm.sh tests .build/npm/tests
	@$(MAKE) --no-print-directory all
	@exec tests/run.sh

lint:
	@lib/host/packages.sh test
	@exec tests/lint.sh

bench: all benches
	@exec node tests/bench/run.mjs $(PARTS)

fault:
	@lib/host/packages.sh test
	@lib/host/npm.sh tests .build/npm/tests
	@$(MAKE) --no-print-directory all
	@exec tests/fault/run.sh

fuzz:
	@lib/host/packages.sh test
	@$(MAKE) --no-print-directory MODE=fuzz fuzzers
	@exec tests/fuzz/run.sh runs=$(RUNS)

install: all
	@DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' exec lib/host/install.sh

clean:
	rm -rf .build www/vendor

help:
	@sed -n '/^# make/s/^# //p' Makefile

.SECONDARY:
-include $(wildcard $(OUT)/*/*.d $(OUT)/*/*/*.d $(OUT)/*/*/*/*.d)

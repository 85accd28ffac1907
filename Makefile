# probegen and the tracers that are made with it. `make help` lists the targets.

# ---- what is built ----

# definitions: a directory with .d and .map files, a program's source tree, or a list of such files
PROBES ?= probes
# name of the tracer
TRACER ?= h2otrace
# for the C preprocessor, where #if in definitions decides: -DNAME, -IDIR, -UNAME; -C runs it without any of these
DEFS ?=
# SAN=1: with the address and undefined-behaviour sanitizers
SAN ?=
# the generator, a program of this machine; where CC is for another one, the one that was built is not
PROBEGEN ?= $(O)/bin/probegen
# V=1: show commands
V ?=

O := $(if $(SAN),out/san,out)
GEN := $(O)/gen/$(TRACER)
VERSION := 0.1

CC ?= gcc
CLANG ?= clang
CFLAGS ?= -O2 -g
# against what hostile input may do with a mistake of ours; CFLAGS, CPPFLAGS and LDFLAGS come later, so they can undo it
ifeq ($(origin HARDENING),undefined)
HARDENING := -fstack-protector-strong -fPIE \
	$(shell $(CC) -fcf-protection -S -x c -o - /dev/null >/dev/null 2>&1 && echo -fcf-protection)
endif
HARDENED_LINK = $(if $(HARDENING),$(if $(filter -static -no-pie,$(LDFLAGS)),,-pie) \
	-Wl$(comma)-z$(comma)relro -Wl$(comma)-z$(comma)now)
# it wants an optimizer; sanitizers check the same, and tell more; a distribution may have said it already
FORTIFY = $(if $(HARDENING),$(if $(SAN)$(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),,$(if \
	$(filter-out -O0,$(lastword $(filter -O%,$(CFLAGS)))),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)))
WARNINGS := -Wall -Wextra -Wshadow
comma := ,
SANITIZE := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
# builds in different folders have the same bytes
NO_PATHS = -ffile-prefix-map='$(CURDIR)=.'
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DPROBEGEN_VERSION='"$(VERSION)"' $(WARNINGS) $(SANITIZE) $(HARDENING) \
	$(FORTIFY) $(CPPFLAGS) $(CFLAGS) $(NO_PATHS) -MMD -MP
# clang for BPF does not know where the headers of the machine are
BPF_CFLAGS = -std=gnu11 --target=bpf -mcpu=v3 -O2 -idirafter /usr/include/$(MULTIARCH)
MULTIARCH := $(shell $(CC) -print-multiarch)
# of the other machine, if CC has one: its headers are there
SYSROOT := $(patsubst %/,%,$(shell $(CC) -print-sysroot 2>/dev/null))
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s %s\n' $(1) $(2);)

# what this project's own maps say of its own definitions has to fit; those of other versions may lack some of it
STRICT := $(if $(filter probes,$(PROBES)),--strict)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:

## all: build probegen, the tracer and the exerciser into out/bin
all: $(O)/bin/probegen $(O)/bin/$(TRACER) $(O)/bin/$(TRACER)-exerciser $(O)/lib/bpf_cflags $(O)/lib/libprobegen.a

# ---- probegen ----

GEN_C := $(filter-out gen/exerciser/% gen/made/%,$(wildcard gen/*.c gen/*/*.c gen/*/*/*.c gen/*/*/*/*.c))
GEN_FLEX := $(patsubst gen/%.l,$(O)/obj/gen/%.c,$(wildcard gen/*/*.l))
GEN_BISON := $(patsubst gen/%.y,$(O)/obj/gen/%.c,$(wildcard gen/*/*.y))
PAGE := gen/audit/report/html/page
GEN_OBJS := $(GEN_C:gen/%.c=$(O)/obj/gen/%.o) $(GEN_FLEX:.c=.o) $(GEN_BISON:.c=.o) $(O)/obj/$(PAGE).o $(O)/obj/gen/emit/usdt/embed.o

# notes, operands, symbols and debug files: what the audit calls readable is what tracers read
GEN_LIBS := -ldw -lelf -lzstd -lz -ldl

GEN_PARTS := $(O)/obj/gen/main.o $(O)/lib/libprobegen.a $(O)/lib/libprobeusdt.a

$(O)/bin/probegen: $(GEN_PARTS)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(SANITIZE) $(HARDENED_LINK) $(LDFLAGS) -o $@ $(GEN_PARTS) $(GEN_LIBS)

# all but main(), for unit tests, too
$(O)/lib/libprobegen.a: $(filter-out $(O)/obj/gen/main.o,$(GEN_OBJS))

GEN_CFLAGS = $(ALL_CFLAGS) -Igen -Iruntime -I$(O)/obj/gen

$(O)/obj/gen/%.o: gen/%.c | $(GEN_BISON) $(GEN_FLEX)
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(GEN_CFLAGS) -c -o $@ $<

$(O)/obj/gen/%.o: $(O)/obj/gen/%.c | $(GEN_BISON) $(GEN_FLEX)
	$(call say,CC,$<)$(CC) $(GEN_CFLAGS) -c -o $@ $<

# the page of the audit: style and script, with their hashes for its content security policy
$(O)/obj/$(PAGE).o: $(addprefix $(PAGE).,S html css js) $(O)/obj/$(PAGE).css.hash $(O)/obj/$(PAGE).js.hash
	$(call say,AS,$<)$(CC) $(HARDENING) -DPAGE_HTML='"$(PAGE).html"' -DPAGE_CSS='"$(PAGE).css"' \
	    -DPAGE_CSS_HASH='"$(O)/obj/$(PAGE).css.hash"' \
	    -DPAGE_JS='"$(PAGE).js"' -DPAGE_JS_HASH='"$(O)/obj/$(PAGE).js.hash"' -c -o $@ $<

$(O)/obj/$(dir $(PAGE))%.hash: $(dir $(PAGE))%
	@mkdir -p $(@D)
	$(Q)sha256sum $< | cut -c -64 | tr a-f A-F | basenc -d --base16 | base64 -w 0 > $@

$(O)/obj/gen/emit/usdt/embed.o: $(addprefix gen/emit/usdt/,embed.S semaphore.h site.h)
	@mkdir -p $(@D)
	$(call say,AS,$<)$(CC) $(HARDENING) -c -o $@ $<

# a tarball has the output of bison and flex in gen/made; they run only for sources that are newer
made_or = if [ -e gen/made/$*.c ] && [ ! $< -nt gen/made/$*.c ]; then cp gen/made/$*.[ch] $(@D); else $1; fi

$(O)/obj/gen/%.c: gen/%.y
	@mkdir -p $(@D)
	$(call say,BISON,$<)$(call made_or,bison -Wall -Werror --defines=$(@:.c=.h) -o $@ $<)

$(O)/obj/gen/%.c: gen/%.l
	@mkdir -p $(@D)
	$(call say,FLEX,$<)$(call made_or,flex --header-file=$(@:.c=.h) -o $@ $<)

# ---- generated sources ----

# as one word of the shell, whatever quotes are in it
quoted = '$(subst ','\'',$1)'

# The definitions and maps that PROBES stands for, one a line, and what is in them: rewritten when that changes. The shell finds them,
# since make takes no names with blanks or colons.
$(GEN)/inputs: FORCE
	@mkdir -p $(@D)
	@probes/find.sh $(call quoted,$(PROBES)) > $@.files
	@{ printf '%s\n' $(call quoted,$(TRACER) $(DEFS)); xargs -d '\n' cksum < $@.files; } > $@.new; cmp -s $@.new $@ || cp $@.new $@

# touched whenever probegen ran; the files themselves change only if their contents do
$(GEN)/stamp: $(PROBEGEN) $(GEN)/inputs
	$(call say,PROBEGEN,$(GEN))xargs -x -d '\n' -a $(GEN)/inputs.files $(PROBEGEN) -o $(GEN) --tracer=$(TRACER) $(STRICT) $(DEFS) --
	@touch $@

GENERATED := $(addprefix $(GEN)/,events.h tracer.bpf.c json.c json_events.h catalog.c exerciser.c probes.md)
$(GENERATED): $(GEN)/stamp ;

# ---- the tracer ----

objs_of = $(patsubst runtime/%.c,$(O)/obj/runtime/%.o,$(wildcard $1))
# what probegen needs, too, and the rest of a tracer
USDT_OBJS := $(call objs_of,runtime/common/*.c runtime/usdt/*.c)
RUNTIME_OBJS := $(filter-out $(USDT_OBJS),$(call objs_of,runtime/*.c runtime/*/*.c runtime/*/*/*.c))
TRACER_OBJS := $(GEN)/json.o $(GEN)/catalog.o $(GEN)/embed.o
LIBS := -lbcc_bpf -lbpf -lcap -lseccomp -ldw -lelf -lzstd -lz

ARCHIVES := $(O)/lib/libprobetrace.a $(O)/lib/libprobeusdt.a

$(O)/bin/$(TRACER): $(TRACER_OBJS) $(ARCHIVES)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(SANITIZE) $(HARDENED_LINK) $(LDFLAGS) -o $@ $(TRACER_OBJS) $(ARCHIVES) $(LIBS)

$(O)/lib/libprobetrace.a: $(RUNTIME_OBJS)
$(O)/lib/libprobeusdt.a: $(USDT_OBJS)
$(ARCHIVES) $(O)/lib/libprobegen.a:
	@mkdir -p $(@D)
	$(call say,AR,$@)rm -f $@ && $(AR) rcsD $@ $^

# for those who build tracers with what is installed
$(O)/lib/bpf_cflags: $(ARCHIVES)
	$(Q)echo '$(BPF_CFLAGS)' > $@

$(O)/obj/runtime/%.o: runtime/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) -Iruntime -c -o $@ $<

$(GEN)/json.o $(GEN)/catalog.o: $(GEN)/%.o: $(GEN)/%.c
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) -Iruntime -I$(GEN) -c -o $@ $<

$(GEN)/tracer.bpf.o: $(GEN)/tracer.bpf.c $(GEN)/events.h
	$(call say,BPF,$<)$(CLANG) $(BPF_CFLAGS) $(if $(SYSROOT),-idirafter $(SYSROOT)/usr/include/$(MULTIARCH)) -Wall -Wextra -Werror -MMD -MP -Iruntime -I$(GEN) -c -o $@ $<

$(GEN)/embed.o: runtime/bpf/embed.S $(GEN)/tracer.bpf.o
	$(call say,AS,$<)$(CC) $(HARDENING) -DBPF_OBJECT='"$(GEN)/tracer.bpf.o"' -c -o $@ $<

# ---- the exerciser: not sanitized, since it passes pointers to nowhere ----

EXERCISER_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O2 -g $(WARNINGS) $(NO_PATHS) -MMD -MP -Igen/exerciser

$(O)/bin/$(TRACER)-exerciser: $(GEN)/exerciser.o $(O)/obj/exerciser/main.o
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) -o $@ $(GEN)/exerciser.o $(O)/obj/exerciser/main.o

$(GEN)/exerciser.o: $(GEN)/exerciser.c
	$(call say,CC,$<)$(CC) $(EXERCISER_CFLAGS) -I$(GEN) -c -o $@ $<

$(O)/obj/exerciser/main.o: gen/exerciser/main.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(EXERCISER_CFLAGS) -c -o $@ $<

# installs what is missing of these sections of .ci/packages
install_packages = @t/packages.sh .ci/packages $1

## run: install what is missing to build, build, and trace the exerciser: fires every probe once
run:
	$(call install_packages,build)
	@$(MAKE) --no-print-directory all
	@t/run.sh $(O)/bin/$(TRACER) $(O)/bin/$(TRACER)-exerciser

# ---- tests ----

## check: install what is missing, build, and run all tests (SAN=1: with sanitizers)
check: packages
	@$(MAKE) --no-print-directory all
	@O=$(O) SAN=$(SAN) t/check.sh

## test-NAME: run the tests whose file name contains NAME
test-%: all
	@O=$(O) SAN=$(SAN) t/check.sh $*

## check-history: every version of h2o's definitions in the git directory H2O_REPO regenerates, compiles and traces its exerciser
check-history: all
	@O=$(O) t/history.pl '$(H2O_REPO)'

# those of t/long say what they find, and for how long they ran
long_test = @O=$(O) SAN=$(SAN) prove --verbose --timer $(addprefix t/long/,$1)

## soak: a tracer that is left running on a busy server (DURATION=600 seconds, and H2O=FILE again) does not grow and counts every event
soak: all
	$(call long_test,soak.t soak_h2o.t)

## check-kill: whoever is killed (TIMES=100), tracer or server, harms nobody else
check-kill: all
	$(call long_test,kill.t)

## check-restarts: a real h2o (H2O=FILE) that is restarted ten times in a minute: every request is traced exactly once
check-restarts: all
	$(call long_test,restarts.t)

## bench: measure speed and memory against the promises
bench:
	$(call install_packages,build bench)
	@$(MAKE) --no-print-directory all
	@O=$(O) t/bench/bench.sh

## bench-linear: measure whether probegen takes time in proportion to its input
bench-linear:
	$(call install_packages,build)
	@$(MAKE) --no-print-directory all
	@O=$(O) t/bench/linear.pl

## golden: accept what the emitters print now as what they shall print
golden: all
	@O=$(O) t/golden/update.sh

# ---- installation: what was built, and share/; builds nothing, so that root leaves no files in somebody's tree ----

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
COMPLETIONDIR ?= $(DATADIR)/bash-completion/completions
UNITDIR ?= $(PREFIX)/lib/systemd/system
# logrotate looks into /etc only; from /usr/local/etc it is to be linked or copied
SYSCONFDIR ?= $(if $(filter /usr,$(PREFIX)),/etc,$(PREFIX)/etc)
INSTALL ?= install

BUILT := $(O)/bin/probegen $(O)/bin/$(TRACER) $(ARCHIVES) $(O)/lib/bpf_cflags
# what generated sources include
HEADER_FOLDERS := bpf common output
bpf_HEADERS := runtime/bpf/prelude.bpf.h
common_HEADERS := $(addprefix runtime/common/,$(addsuffix .h,catalog layout record))
output_HEADERS := runtime/output/json.h

# everything that is installed: MODE, DIRECTORY, FILES; last the directories that nobody else has files in
define installed
$(call $1,755,$(BINDIR),$(O)/bin/probegen $(O)/bin/$(TRACER))
$(call $1,644,$(LIBDIR),$(ARCHIVES))
$(call $1_filled,644,$(LIBDIR)/pkgconfig,share/probegen.pc.in)
$(call $1_filled,644,$(LIBDIR)/cmake/Probegen,share/cmake/ProbegenConfig.cmake.in share/cmake/ProbegenConfigVersion.cmake.in)
$(call $1,644,$(LIBDIR)/cmake/Probegen,share/cmake/ProbegenFunctions.cmake)
$(call $1,644,$(INCLUDEDIR)/probegen,gen/exerciser/exerciser.h)
$(foreach folder,$(HEADER_FOLDERS),$(call $1,644,$(INCLUDEDIR)/probegen/$(folder),$($(folder)_HEADERS))
)$(call $1,644,$(DATADIR)/probegen,runtime/bpf/embed.S share/probegen.mk gen/audit/report/audit.schema.json \
	gen/diff/report/diff.schema.json)
$(call $1,644,$(DATADIR)/probegen/exerciser,gen/exerciser/main.c)
$(call $1,644,$(DATADIR)/probegen/maps,$(sort $(wildcard probes/*.map)))
$(call $1,644,$(MANDIR)/man1,$(sort $(wildcard share/man/probegen*.1 share/man/$(TRACER).1)))
$(call $1,644,$(COMPLETIONDIR),$(sort $(wildcard share/completion/probegen share/completion/$(TRACER))))
$(call $1,644,$(UNITDIR),$(wildcard share/systemd/$(TRACER)@.service))
$(call $1,644,$(SYSCONFDIR)/logrotate.d,$(wildcard share/logrotate/$(TRACER)))
$(call $1_dir,$(DATADIR)/probegen/maps)
$(call $1_dir,$(DATADIR)/probegen/exerciser)
$(call $1_dir,$(DATADIR)/probegen)
$(foreach folder,$(HEADER_FOLDERS),$(call $1_dir,$(INCLUDEDIR)/probegen/$(folder))
)$(call $1_dir,$(INCLUDEDIR)/probegen)
$(call $1_dir,$(LIBDIR)/cmake/Probegen)
endef

put = $(if $3,$(put_files))
put_files = $(call say,INSTALL,"$(DESTDIR)$2")$(INSTALL) -d "$(DESTDIR)$2" && $(INSTALL) -m $1 $3 "$(DESTDIR)$2"
drop = $(Q)rm -f $(foreach file,$3,"$(DESTDIR)$2/$(notdir $(file:.in=))")
put_dir =
drop_dir = $(Q)rmdir "$(DESTDIR)$1" 2>/dev/null || true

# FILE.in is installed as FILE with its @NAMES@ filled in: directories as the way from one to the other, so that all can be moved
put_filled = $(call say,INSTALL,"$(DESTDIR)$2")$(INSTALL) -d "$(DESTDIR)$2" && \
	$(foreach file,$3,$(fill_in) $(file) | $(INSTALL) -m $1 /dev/stdin "$(DESTDIR)$2/$(notdir $(file:.in=))" &&) :
drop_filled = $(drop)
fill_in = sed -e 's|@VERSION@|$(VERSION)|g' -e "s|@BPF_CFLAGS@|$$(cat $(O)/lib/bpf_cflags)|g" \
	-e "s|@PREFIX@|$$(realpath -sm --relative-to="$2" "$(PREFIX)")|g" \
	$(foreach name,BINDIR LIBDIR INCLUDEDIR DATADIR,-e "s|@$(name)@|$$(realpath -sm --relative-to="$(PREFIX)" "$($(name))")|g")

## install: install what was built below PREFIX (default /usr/local; DESTDIR, BINDIR, LIBDIR ... as usual)
install:
	$(foreach file,$(BUILT),$(if $(wildcard $(file)),,$(error $(file) is not there: run 'make' first)))
	$(call installed,put)

## uninstall: remove what install put there, with the same PREFIX and so on
uninstall:
	$(call installed,drop)

# ---- a tarball of what git knows, and what flex and bison make of it; the same bytes for the same contents ----

DIST := probegen-$(VERSION)
# s since 1970; the time of all files in the tarball
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct)

## dist: make out/probegen-VERSION.tar.gz, which builds without git, flex and bison
dist: $(GEN_FLEX) $(GEN_BISON)
	$(Q)rm -rf $(O)/dist && mkdir -p $(addprefix $(O)/dist/$(DIST)/gen/made/,d map)
	$(Q)git ls-files -z | xargs -0 cp --parents -t $(O)/dist/$(DIST)
	$(Q)cd $(O)/obj/gen && cp --parents $(foreach file,$(patsubst $(O)/obj/gen/%.c,%,$(GEN_FLEX) $(GEN_BISON)),$(file).c $(file).h) \
		$(CURDIR)/$(O)/dist/$(DIST)/gen/made
	$(call say,TAR,$(O)/$(DIST).tar.gz)tar -C $(O)/dist --format=ustar --sort=name --owner=0 --group=0 --numeric-owner \
		--mode=u=rwX,go=rX --mtime=@$(SOURCE_DATE_EPOCH) -cf - $(DIST) | gzip -9n > $(O)/$(DIST).tar.gz
	$(Q)rm -rf $(O)/dist

# ---- the rest ----

## packages: install all Debian packages of .ci/packages that are missing
packages:
	$(call install_packages,build bench test)

## format: format all C with clang-format
format:
	$(Q)clang-format -i $$(git ls-files '*.c' '*.h' ':!t/golden' ':!t/cases')

## clean: remove everything that was built
clean:
	$(Q)find out -mindepth 1 -not -name .gitignore -delete

## help: print this list
help:
	@echo 'PROBES=FILES TRACER=NAME: what is built; SAN=1: with sanitizers; V=1: show commands'
	@echo 'HARDENING=: without stack protector, PIE, RELRO, BIND_NOW, control-flow protection and _FORTIFY_SOURCE'
	@echo 'DEFS="-DNAME -IDIR": for definitions whose #if decides, through the C preprocessor'
	@echo 'PROBEGEN=FILE: the generator that runs, where CC=MACHINE-linux-gnu-gcc is for another machine'
	@echo
	@sed -n 's/^## \([^:]*\): /\1@/p' Makefile | awk -F@ '{ printf "  make %-14s %s\n", $$1, $$2 }'

.PHONY: all run check check-history soak check-kill check-restarts bench bench-linear golden install uninstall dist packages format clean help FORCE
FORCE:

-include $(wildcard $(addprefix $(O)/obj/,*/*.d */*/*.d */*/*/*.d */*/*/*/*.d */*/*/*/*/*.d) $(GEN)/*.d)

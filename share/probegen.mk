# Headers, tracers and audits of USDT probes in a Makefile. Found by pkg-config:
#
#     include $(shell pkg-config --variable=makefile probegen)
#
#     # the macros that fire the probes, SHOP_ORDER() and so on; a third argument is for `probegen dtrace`, such as --site=nop5
#     $(eval $(call probegen_header,shop-probes.h,shop-probes.d))
#     shop.o: shop-probes.h
#
#     # the tracer, and a program that fires every probe with known values; a third argument is for `probegen`, such as -DBIG where
#     # an #if of the definitions decides
#     $(eval $(call probegen_tracer,shoptrace,shop-probes.d shop.map))
#     $(eval $(call probegen_exerciser,shop-exerciser,shop-probes.d shop.map))
#
#     # `make audit` fails if the binary `shop` has not the probes that are defined
#     $(eval $(call probegen_audit,audit,shop-probes.d shop.map,shop,--source src --suppress audit.known))
#
# Outputs may be in other folders (build/shoptrace); what is made on the way is in OUTPUT.probegen. Everything is rebuilt when a
# definition, a map, their list or probegen changes, and what includes a header only if the header's text changes.
#
# Variables, to be set before the `include`:
#
#     PKG_CONFIG          default pkg-config; for another machine its own, such as aarch64-linux-gnu-pkg-config
#     PROBEGEN            the generator, a program of this machine; default: the one beside the runtime
#     CLANG               default clang; for the BPF program
#     CC, CPPFLAGS, CFLAGS, LDFLAGS, LDLIBS
#                         as usual

PKG_CONFIG ?= pkg-config
CLANG ?= clang

# blanks in paths are escaped in what pkg-config prints, which is right in rules as well as in commands
probegen_variable = $(shell $(PKG_CONFIG) --variable=$1 probegen)
probegen_cflags := $(shell $(PKG_CONFIG) --cflags probegen)
ifeq ($(probegen_cflags),)
$(error probegen.mk: $(PKG_CONFIG) does not find probegen; set PKG_CONFIG_PATH to where probegen.pc is)
endif
# our sources are C11 with GNU's extensions, whatever the others are, and none of their warnings is the project's
probegen_std := -std=gnu11 -D_GNU_SOURCE -w
probegen_libs := $(shell $(PKG_CONFIG) --libs probegen)
probegen_runtime := $(addprefix $(call probegen_variable,libdir)/,libprobetrace.a libprobeusdt.a)
probegen_bpf_cflags := $(call probegen_variable,bpf_cflags)
probegen_embed := $(call probegen_variable,embed)
probegen_exerciser_main := $(call probegen_variable,exerciser)
PROBEGEN ?= $(call probegen_variable,generator)

# $1: the folder, $2: definitions and maps, $3: the name, $4: more options
probegen_tracer_arguments = $(strip -o $1 -e events,bpf,json,catalog --tracer=$3 $4 $2)
probegen_tracer_files = $(addprefix $1/,events.h tracer.bpf.c json.c json_events.h catalog.c)
# $1: the folder, $2: definitions and maps, $3: more options
probegen_exerciser_arguments = $(strip -o $1 -e usdt,exerciser $3 $2)

# What probegen makes. $1: a folder, $2: what probegen is told, $3: the definitions and maps, $4: the files that are written, $5: a
# command more. The stamp is new whenever probegen ran, the files only if their text changed.
define probegen_sources
$4: $1/stamp ;

$1/arguments: .probegen_always
	@mkdir -p $1
	@echo '$2' | cmp -s - $$@ || echo '$2' > $$@

$1/stamp: $1/arguments $3 $$(if $$(findstring /,$$(PROBEGEN)),$$(PROBEGEN))
	$$(PROBEGEN) $2
	$5
	@touch $$@

-include $$(wildcard $1/*.d)
endef

# $1: the header, $2: the definition, $3: more options of `probegen dtrace`
define probegen_header
$(call probegen_sources,$1.probegen,$(strip dtrace -h $3 -o $1.probegen/new -s $2),$2,$1,\
	@cmp -s $1.probegen/new $1 || cp $1.probegen/new $1)
endef

# $1: the program, $2: definitions and maps, $3: more options of probegen
define probegen_tracer
$1: $1.probegen/json.o $1.probegen/catalog.o $1.probegen/embed.o $$(probegen_runtime)
	$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $1.probegen/json.o $1.probegen/catalog.o $1.probegen/embed.o $$(probegen_libs) $$(LDLIBS)

$1.probegen/json.o: $1.probegen/json.c $1.probegen/events.h $1.probegen/json_events.h
$1.probegen/catalog.o: $1.probegen/catalog.c $1.probegen/events.h $1.probegen/json_events.h
$1.probegen/json.o $1.probegen/catalog.o: %.o: %.c
	$$(CC) $$(CPPFLAGS) $$(CFLAGS) $$(probegen_std) $$(probegen_cflags) -I$1.probegen -MMD -MP -c -o $$@ $$<

$1.probegen/tracer.bpf.o: $1.probegen/tracer.bpf.c $1.probegen/events.h
	$$(CLANG) $$(probegen_bpf_cflags) -I$1.probegen -MMD -MP -c -o $$@ $$<

$1.probegen/embed.o: $$(probegen_embed) $1.probegen/tracer.bpf.o
	$$(CC) $$(CFLAGS) -DBPF_OBJECT='"$1.probegen/tracer.bpf.o"' -c -o $$@ $$(probegen_embed)

$(call probegen_sources,$1.probegen,$(call probegen_tracer_arguments,$1.probegen,$2,$(notdir $1),$3),$2,\
	$(call probegen_tracer_files,$1.probegen))
endef

# $1: the program, $2: definitions and maps, $3: more options of probegen
define probegen_exerciser
$1: $1.probegen/exerciser.o $1.probegen/main.o
	$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $1.probegen/exerciser.o $1.probegen/main.o $$(LDLIBS)

$1.probegen/exerciser.o: $1.probegen/exerciser.c
	$$(CC) $$(CPPFLAGS) $$(CFLAGS) $$(probegen_std) $$(probegen_cflags) -I$1.probegen -MMD -MP -c -o $$@ $$<

# the headers are called after the providers
$1.probegen/%-probes.h: $1.probegen/stamp ;

$1.probegen/main.o: $$(probegen_exerciser_main) | $1.probegen/arguments
	$$(CC) $$(CPPFLAGS) $$(CFLAGS) $$(probegen_std) $$(probegen_cflags) -MMD -MP -c -o $$@ $$(probegen_exerciser_main)

$(call probegen_sources,$1.probegen,$(call probegen_exerciser_arguments,$1.probegen,$2,$3),$2,$1.probegen/exerciser.c)
endef

# $1: the target, $2: definitions and maps, $3: the binary, $4: more options of `probegen audit`
define probegen_audit
$1: $2 $3
	$$(PROBEGEN) audit $2 --binary $3 $4

.PHONY: $1
endef

# a target whose name begins with a dot is not what `make` alone makes
.probegen_always:
.PHONY: .probegen_always

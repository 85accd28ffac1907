# The example with rules written by hand: what any build system has to do. `make -f hand.mk`
CFLAGS = -O2 -g -Wall -Wextra -Werror
CLANG = clang
PROBEGEN := $(shell pkg-config --variable=generator probegen)

all: shop shoptrace

# the program
shop-probes.h: shop-probes.d
	$(PROBEGEN) dtrace -h -s shop-probes.d
	touch $@

shop: shop.c shop-probes.h
	$(CC) $(CFLAGS) -o $@ shop.c

# the tracer: generate, compile for BPF and for the host, link
gen/stamp: shop-probes.d shop.map
	$(PROBEGEN) -o gen -e events,bpf,json,catalog --tracer=shoptrace shop-probes.d shop.map
	touch $@

gen/tracer.bpf.o: gen/stamp
	$(CLANG) $(shell pkg-config --variable=bpf_cflags probegen) -Igen -c -o $@ gen/tracer.bpf.c

shoptrace: gen/tracer.bpf.o
	$(CC) $(CFLAGS) -Igen $(shell pkg-config --cflags probegen) -DBPF_OBJECT='"gen/tracer.bpf.o"' -o $@ \
	    gen/json.c gen/catalog.c $(shell pkg-config --variable=embed probegen) $(shell pkg-config --libs probegen)

.PHONY: all

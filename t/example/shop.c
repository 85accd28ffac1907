/* The example's program: a shop. A line of its input, "CENTS ITEM", is an order; the end of the input closes it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "shop-probes.h"

struct st_order {
    unsigned number, cents;
};

static void take_order(struct st_order *order, const char *line)
{
    const char *item = strchr(line, ' ');

    item = item != NULL ? item + 1 : "";
    ++order->number;
    order->cents = strtoul(line, NULL, 10);
    if (SHOP_ORDER_ENABLED())
        SHOP_ORDER(order, item, strcspn(item, "\n"), order->number == 1);
    printf("order %u: %u cents\n", order->number, order->cents);
}

int main(void)
{
    struct st_order order = {0};
    uint64_t cents = 0;
    char line[256];

    setvbuf(stdout, NULL, _IOLBF, 0);
    SHOP_OPEN("the corner shop");
    while (fgets(line, sizeof(line), stdin) != NULL) {
        take_order(&order, line);
        cents += order.cents;
    }
    SHOP_CLOSE(order.number, cents);
    printf("%" PRIu64 " cents\n", cents);
    return 0;
}

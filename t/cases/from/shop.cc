// C++: names in namespaces, methods, references, templates, an exception.
#include <cstdio>
#include <stdexcept>
#include "bank.h"

namespace shop
{
struct Order {
    int id;
    const char *customer;
    float price;
};
enum class Kind : int { A, B };
template <class T> struct Box {
    T content;
};
class Till
{
    int total = 1;

  public:
    __attribute__((noinline)) void sell(const Order &order, const char *name, Kind kind, Box<int> *box)
    {
        BANK_ORDER_START((int)kind, name, order.id * 0.5);
        BANK_CONN_OPEN((struct conn *)&order, (unsigned long)box);
        BANK_MEMBER(total, (uint64_t)(uintptr_t)this, order.customer);
        total += order.id + box->content;
    }
};
} // namespace shop

int main(int argc, char **argv)
{
    shop::Till till;
    shop::Order order{argc, argv[0], 2.5f};
    shop::Box<int> box{3};

    till.sell(order, argv[0], argc == 1 ? shop::Kind::B : shop::Kind::A, &box);
    try {
        throw std::runtime_error("closed");
    } catch (const std::exception &error) {
        std::puts(error.what());
    }
}

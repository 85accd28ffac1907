/* ASSERTION: what can begin nothing, and braces too many */
) int x;
= 5;
"text";
provider app {
    @ foo();
    , probe a();
    probe b(int x);
};
};
typedef x_t y_t 5;
provider last {
};
}

/* The probe of a file that is mapped and replaced: see swap.c. */
provider swap {
    probe here(long number);
};

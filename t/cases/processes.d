/* what each of a service's processes fires: which of them is in `who` */
provider service {
    probe step(const char *who, int n);
    probe plugin(int n);
};

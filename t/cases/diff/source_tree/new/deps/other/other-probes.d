provider other {
    probe d(void);
};

/* ASSERTION: one message, whether the brace before is missing or the provider is really inside */
provider first {
    probe a();
provider second {
    probe b();
};
provider third {
    provider fourth {
        probe c();
    };
    probe d();
};
provider fifth {
    probe e();
};

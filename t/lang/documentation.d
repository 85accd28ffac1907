/*
 * ASSERTION: a comment directly before a provider or probe is its documentation. This one is not: an empty line follows.
 */

/**
 * Provider of the application.
 */
provider app {
    /** one line */
    probe one_line();
    /**
     * Several lines,
     *   with indentation
     * - and a list
     *
     * and an empty line.
     */
    probe several_lines();
    // line comment
    probe line_comment();
    // several
    // line
    /// comments
    probe several_line_comments();
    /* a block */
    // and a line
    probe joined();
    /* too far away */

    probe too_far();
    // too far away

    // near
    probe near();
    probe remark(); // behind the probe
    probe next_to_remark();
    probe remark_block(int x,
                       int y); /* behind
                                  the probe */
    // its own
    probe own(); // not this
    probe remark_then_doc(); // first remark
    // documentation of the next
    probe documented();
    /* before */ probe on_the_line(); /* between */ probe between(); /* last */ probe last(); // remark of the last
    /**
     *
     */
    probe empty();
    /**/
    probe empty_too();
    /***/ probe empty_three();
    /* ---------- */
    probe ruler();
    /* ----------
     * text under a ruler
     * ---------- */
    probe under_ruler();
    /*
      without stars
        in front
    */
    probe without_stars();
    /*
       stars that are
         * no decoration
         * but a list
    */
    probe bullets();
    /*! for doxygen */
    probe doxygen();
    // unlike this
    #pragma D x
    probe hash_line_between();
    /* in the list */
    probe arguments(int a, /* not this */ int b /* nor this */); // only this
    probe no_more(); /* at the end of the provider */ };
// one line
provider second { /* a remark behind a brace is not documentation */
    probe x();
}; // nor is one at the end of a provider

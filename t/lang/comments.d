/* ASSERTION: comments may stand anywhere; the words provider and probe in them do not count */

// provider not_me { probe not_me_either(); };
/* provider nor_me {
       probe nor_this(int x);
   }; */

provider /* between */ app /* before the brace */ { // behind the brace
    /* probe commented_out(int x); */
    // probe commented_out_too(int x);
    probe /* before the name */ a /* before the list */ ( /* in the list */ int /* in an argument */ x, // after a comma
        /* before the type */ const /**/ char /***/ * /* before the name */ s /* after it */ ) /* after the list */ ;
    probe b(int x, /* an argument in a comment: , int y, */ int z);
    /*/ this comment ends here: */ probe c();
    /* stars **/ probe d(); /* slashes // in it */
    // a block that is opened /* in a line comment does not count
    probe e();
};
/* behind everything */
// without a line end
// the last line has no end
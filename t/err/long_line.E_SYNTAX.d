/* ASSERTION: a long line is cut around the caret */
provider app {
    probe a(int argument_0, int argument_1, int argument_2, int argument_3, int argument_4, int argument_5, int argument_6, int argument_7, int argument_8, int argument_9, int argument_10, int argument_11 int y, int more_0, int more_1, int more_2, int more_3, int more_4, int more_5, int more_6, int more_7, int more_8, int more_9, int more_10, int more_11);
		probe tabs(int	x	int y);
    probe a_name_that_is_so_long_that_it_is_not_shown_whole_in_the_message int x);
};

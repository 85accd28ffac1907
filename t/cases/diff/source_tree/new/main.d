main.o: main.c

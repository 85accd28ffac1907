/* ASSERTION: a D script, which traces instead of defining, is told so once */
#pragma D option quiet
app*:::request-start
/pid == $target/
{
    printf("%s\n", copyinstr(arg0));
}

/*
 * ASSERTION: of a verifier's log, as kernels write them, the line that says why the program is refused is found; of a log that was
 * cut before it came to that, none. What is said of a kernel that does not let somebody do something fits who asks.
 */

#include <errno.h>
#include <unistd.h>
#include "bpf/refusal.h"
#include "tap.h"

static void line_is(const char *log, int is_cut, const char *want, const char *name)
{
    size_t len = 0;
    const char *line = refusal_line(log, is_cut, &len);

    if (want == NULL)
        ok(line == NULL, "%s", name);
    else
        ok(line != NULL && len == strlen(want) && memcmp(line, want, len) == 0, "%s", name);
}

static const char no_helper[] =
    "0: R1=ctx() R10=fp0\n"
    "0: (85) call unknown#9999\n"
    "invalid func unknown#9999\n"
    "processed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n";

static const struct st_log_t {
    const char *log, *line;
} logs[] = {
    /* of kernel 6.18 */
    {no_helper, "invalid func unknown#9999"},
    {"0: R1=ctx() R10=fp0\n"
     "0: (79) r0 = *(u64 *)(r1 +0)          ; R0=scalar() R1=ctx()\n"
     "1: (79) r0 = *(u64 *)(r0 +0)\n"
     "R0 invalid mem access 'scalar'\n"
     "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n",
     "R0 invalid mem access 'scalar'"},
    {"3: (b7) r3 = 0                        ; R3=0\n"
     "4: (85) call bpf_copy_from_user#148\n"
     "helper call might sleep in a non-sleepable prog\n"
     "processed 5 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n",
     "helper call might sleep in a non-sleepable prog"},
    {"BPF program is too large. Processed 1000001 insn\n"
     "processed 1000001 insns (limit 1000000) max_states_per_insn 4 total_states 124998 peak_states 35890 mark_read 0\n",
     "BPF program is too large. Processed 1000001 insn"},
    {"too many subprograms\n"
     "processed 0 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n",
     "too many subprograms"},
    /* of 5.10 */
    {"0: (85) call unknown#174\n"
     "invalid func unknown#174\n"
     "processed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n",
     "invalid func unknown#174"},
    {"Only fentry/fexit/fmod_ret and lsm programs can be sleepable\n"
     "processed 0 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n",
     "Only fentry/fexit/fmod_ret and lsm programs can be sleepable"},
    {"4: (85) call bpf_copy_from_user#148\n"
     "unknown func bpf_copy_from_user#148\n"
     "processed 5 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n",
     "unknown func bpf_copy_from_user#148"},
};

static void test_lines(void)
{
    char text[sizeof(no_helper)];

    for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); ++i)
        line_is(logs[i].log, 0, logs[i].line, logs[i].line);
    line_is("", 0, NULL, "no log");
    line_is("\n\n", 0, NULL, "nothing but ends of lines");
    line_is("processed 0 insns (limit 1000000)\n", 0, NULL, "nothing but the sums");
    line_is("R1 is bad", 0, "R1 is bad", "a line without its end");
    line_is("why\n\nverification time 12 usec\nstack depth 0+8\nprocessed 3 insns\n", 0, "why",
            "more lines of sums, and an empty one");
    line_is(no_helper, 1, "invalid func unknown#9999", "of a log that was too large, newer kernels keep the end");
    for (size_t size = 1, num_bad = 0; size < sizeof(no_helper); ++size) {
        size_t len;
        memcpy(text, no_helper, size);
        text[size] = '\0';
        const char *end = strstr(text, "\nprocessed ");
        num_bad += (refusal_line(text, 1, &len) != NULL) != (end != NULL);
        if (size == sizeof(no_helper) - 1)
            ok(num_bad == 0, "older ones keep its beginning, which does not say");
    }
}

static void test_denied(void)
{
    is_str(refusal_denied(EINVAL), "", "what is wrong has nothing to do with who asks");
    is_str(refusal_denied(0), "", "... nor has success");
    ok(refusal_denied(EPERM)[0] == ' ' && refusal_denied(EACCES)[0] == ' ', "what is forbidden has");
    if (geteuid() == 0 && seteuid(65534) == 0) {
        is_str(refusal_denied(EPERM), " (it takes CAP_BPF and CAP_PERFMON)", "somebody else than root");
        if (seteuid(0) != 0)
            bail_out("cannot be root again");
    } else {
        skip("somebody else than root", "this is not root");
    }
}

int main(void)
{
    test_lines();
    test_denied();
    return done_testing();
}

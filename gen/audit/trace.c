#include "trace.h"

void audit_trace(audit_t *audit, const char *path)
{
    audit_fail(audit, "cannot read %s yet", path);
}

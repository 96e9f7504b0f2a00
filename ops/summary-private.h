/* summary-private.h - what ops that make a serialized Summary share. */
#ifndef LEAT_SUMMARY_OPS_PRIVATE_H
#define LEAT_SUMMARY_OPS_PRIVATE_H

#include "events/event-private.h"
#include "ops/ops-private.h"

/* Output 0 is this string; the buffer is taken over, on failure too. */
leat_status leat_summary_out(leat_kernel *k, leat_buf *summary) LEAT_MUST_CHECK;
/* Input 0 as the one tag. */
leat_status leat_summary_tag(const leat_kernel *k, leat_bytes *tag) LEAT_MUST_CHECK;
/* Begins a Summary.Value with that tag; to be ended by leat_put_end. */

#endif

/* graph-text.h - GraphDefs for tests, written as text; no validation, so that bad ones can be written too.
 *
 *     "x = Placeholder() dtype:type=float shape:shape=2,?; y = Neg(x) T:type=float; z = NoOp(^y)"
 *
 * ATTR:KIND=VALUE with kinds type, int, float, bool, string, shape (dims by commas, ? unknown, "unknown" for no rank), tensor
 * (DTYPE[DIMS]NUMBERS by commas, such as int32[2]1,2), ints, types (of dtypes by commas). */
#ifndef LEAT_GRAPH_TEXT_H
#define LEAT_GRAPH_TEXT_H

#include "proto/wire-private.h"

void graph_text(leat_buf *out, const char *text);

#endif

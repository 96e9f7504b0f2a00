/* text-private.h - measuring and shaping of text, by pango or by fixed metrics. */
#ifndef LEAT_TEXT_PRIVATE_H
#define LEAT_TEXT_PRIVATE_H

#include "viz/canvas-private.h"

typedef struct leat_text_engine leat_text_engine;

leat_status leat_text_engine_new(leat_text_engine **out, leat_metrics metrics) LEAT_MUST_CHECK;
void leat_text_engine_free(leat_text_engine *e);

/* The page area of a run, turned: by its ink, or by what layout reserves. */
leat_box leat_text_run_box(const leat_text_run *t, bool ink);

#endif

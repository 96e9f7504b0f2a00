/* fuzz-metadata.c - any bytes as a RunMetadata: an error, or a recorded run that keeps its promises, that adds up, and of which
 * every kind of output can be read. */
#include "config.h"
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "profile/figures-private.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define check(good_)                                                                                         \
    do {                                                                                                     \
        if (!(good_)) {                                                                                      \
            fprintf(stderr, "line %d: %s\n", __LINE__, #good_);                                              \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

static void check_step(const leat_profile_step *s)
{
    check(s->n_spans > 0 && s->n_nodes > 0 && s->n_workers > 0 && s->duration_ns >= 0);
    check(isfinite(s->wall_time));
    for (size_t i = 0; i < s->n_spans; i++) {
        const leat_profile_span *e = &s->spans[i], *before = i > 0 ? e - 1 : NULL;
        check(0 <= e->start_ns && e->start_ns <= e->end_ns && e->end_ns <= s->duration_ns);
        check(e->node < s->n_nodes && e->worker < s->n_workers);
        /* By worker, then by start. Numbered threads of a file's own may overlap in nothing but helpers' shares. */
        check(before == NULL || before->worker <= e->worker);
        check(before == NULL || before->worker < e->worker || before->start_ns <= e->start_ns);
        check(before == NULL || before->worker < e->worker || before->end_ns <= e->start_ns);
    }
    for (size_t i = 0; s->succ_begin != NULL && i < s->n_nodes; i++) {
        check(s->succ_begin[i] <= s->succ_begin[i + 1]);
        for (uint32_t k = s->succ_begin[i]; k < s->succ_begin[i + 1]; k++)
            check(s->succ[k] > i && s->succ[k] < s->n_nodes);
    }
    for (size_t i = 0; i < s->n_nodes; i++) {
        const leat_profile_node *n = &s->nodes[i];
        check(n->name && n->op && n->kernel && n->shapes && n->inputs);
        check(n->flops >= 0 && isfinite(n->flops) && n->bytes >= 0 && isfinite(n->bytes));
    }
}

static void check_json(leat_buf *b)
{
    check(leat_buf_status(b) == LEAT_OK);
    json_t *parsed = json_loadb(b->data, b->size, JSON_ALLOW_NUL, NULL);
    check(parsed != NULL);
    json_decref(parsed);
    leat_buf_clear(b);
}

/* Names stand in it as they are: whoever shows it cleans them. */
static void check_text(leat_buf *b)
{
    check(leat_buf_status(b) == LEAT_OK && b->size > 0);
    leat_buf_clear(b);
}

static void check_figures(const leat_profile_step *s)
{
    leat_figures f = {0};
    leat_buf out = {0};
    check(leat_figures_make(&f, s, 1, NULL) == LEAT_OK);
    check(isfinite(f.critical_ns) && f.critical_ns >= 0 && f.n_critical <= s->n_nodes);
    leat_put_words(&out, &f);
    check_text(&out);
    leat_put_tables(&out, &f, 0);
    check_text(&out);
    leat_put_profile_json(&out, &f);
    check_json(&out);
    leat_put_chrome_trace(&out, s, 1);
    check_json(&out);
    leat_figures_free(&f);
    leat_buf_free(&out);
}

/* Written and read again, the run is the same. */
static void check_again(const leat_profile_step *s)
{
    leat_buf out = {0};
    leat_step_record *r;
    leat_put_run_metadata(&out, s);
    check(leat_buf_status(&out) == LEAT_OK);
    check(leat_step_record_read(&r, out.data, out.size) == LEAT_OK);
    const leat_profile_step *t = leat_step_record_step(r);
    check_step(t);
    check(t->n_spans == s->n_spans && t->duration_ns == s->duration_ns);
    leat_step_record_free(r);
    leat_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    leat_step_record *r;
    if (leat_step_record_read(&r, bytes, size) != LEAT_OK) {
        check(leat_message()[0] != '\0');
        return 0;
    }
    check_step(leat_step_record_step(r));
    check_figures(leat_step_record_step(r));
    check_again(leat_step_record_step(r));
    leat_step_record_free(r);
    return 0;
}

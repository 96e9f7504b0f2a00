/* text-read.c - protobuf's text format to wire bytes. A stack of open messages, no recursion. */
#include "config.h"
#include "text-lex-private.h"

typedef struct frame {
    const leat_proto_message *message;
    uint64_t seen;                /* by index of a field: singular ones that were given */
    uint64_t oneofs;              /* by number */
    size_t mark;                  /* of leat_put_begin */
    char close;                   /* what ends it; 0: the end of the text */
    const leat_proto_field *list; /* messages of this field are being read between [ and ] */
    const leat_proto_field *run;  /* numbers of this field are being packed */
    size_t run_mark;
    uint32_t line;
} frame;

typedef struct reader {
    leat_lexer lex;
    leat_buf *out;
    leat_text_places *places;
    size_t start; /* of the message in *out */
    size_t depth; /* the innermost frame */
    frame frames[LEAT_TEXT_DEPTH + 1];
} reader;

void leat_text_places_free(leat_text_places *p)
{
    leat_free(p->items);
    *p = (leat_text_places){0};
}

uint32_t leat_text_line_of(const leat_text_places *p, uint64_t offset)
{
    size_t low = 0, high = p->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (p->items[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? p->items[low - 1].line : 0;
}

/* Ends a nested message or packed run; what moved for its length moves in the places too. */
static void put_end(reader *r, size_t mark)
{
    size_t before = r->out->size;
    leat_put_end(r->out, mark);
    size_t more = r->out->size - before;
    if (r->places == NULL || more == 0)
        return;
    for (size_t i = r->places->n; i > 0 && r->places->items[i - 1].offset >= mark - r->start; i--)
        r->places->items[i - 1].offset += more;
}

static void end_run(reader *r, frame *f)
{
    if (f->run != NULL)
        put_end(r, f->run_mark);
    f->run = NULL;
}

static const leat_proto_field *find_field(const leat_proto_message *m, leat_bytes name)
{
    for (size_t i = 0; i < m->n; i++)
        if (strncmp(m->fields[i].name, name.data, name.size) == 0 && m->fields[i].name[name.size] == '\0')
            return &m->fields[i];
    return NULL;
}

/* A singular field comes once, and one of a oneof's. */
static leat_status check_once(reader *r, frame *f, const leat_proto_field *field, const char *at)
{
    uint64_t bit = UINT64_C(1) << (field - f->message->fields), group = UINT64_C(1) << (field->oneof & 63);
    if (field->flags & LEAT_PROTO_REPEATED)
        return LEAT_OK;
    if (f->seen & bit)
        return leat_lex_fail(&r->lex, at, "field '%s' of %s is given twice", field->name, f->message->name);
    if (field->oneof != 0 && (f->oneofs & group))
        return leat_lex_fail(&r->lex, at, "field '%s' of %s excludes one that was given before it",
                             field->name, f->message->name);
    f->seen |= bit;
    if (field->oneof != 0)
        f->oneofs |= group;
    return LEAT_OK;
}

/* ---- values ---- */

static void put_number(reader *r, frame *f, const leat_proto_field *field, uint64_t bits)
{
    bool repeated = field->flags & LEAT_PROTO_REPEATED;
    if (repeated && f->run != field) {
        end_run(r, f);
        f->run = field;
        f->run_mark = leat_put_begin(r->out, field->number);
    }
    if (!repeated && bits == 0 && field->oneof == 0 && !f->message->is_map_entry)
        return;
    if (field->type == LEAT_PROTO_FLOAT) {
        float value;
        uint32_t low = (uint32_t)bits;
        memcpy(&value, &low, sizeof value);
        repeated ? leat_buf_append(r->out, &value, sizeof value)
                 : leat_put_float(r->out, field->number, value);
    } else if (field->type == LEAT_PROTO_DOUBLE || field->type == LEAT_PROTO_FIXED64) {
        double value;
        memcpy(&value, &bits, sizeof value);
        repeated ? leat_buf_append(r->out, &value, sizeof value)
                 : leat_put_double(r->out, field->number, value);
    } else {
        repeated ? leat_put_varint(r->out, bits) : leat_put_uint(r->out, field->number, bits);
    }
}

static leat_status read_scalar(reader *r, frame *f, const leat_proto_field *field)
{
    if (field->type != LEAT_PROTO_STRING && field->type != LEAT_PROTO_BYTES) {
        uint64_t bits;
        LEAT_TRY(leat_lex_number(&r->lex, field, &bits));
        put_number(r, f, field, bits);
        return LEAT_OK;
    }
    size_t before = r->out->size, mark = leat_put_begin(r->out, field->number);
    leat_lex_skip(&r->lex);
    leat_lexer start = r->lex;
    LEAT_TRY(leat_lex_string(&r->lex, r->out));
    if (field->type == LEAT_PROTO_STRING && !r->out->failed &&
        !leat_utf8_valid(r->out->data + mark, r->out->size - mark))
        return leat_lex_fail(&start, start.at, "field '%s' of %s: the string is no UTF-8", field->name,
                             f->message->name);
    bool kept = r->out->size > mark || (field->flags & LEAT_PROTO_REPEATED) || field->oneof != 0 ||
                f->message->is_map_entry;
    if (kept)
        leat_put_end(r->out, mark);
    else if (!r->out->failed)
        r->out->size = before;
    return LEAT_OK;
}

/* `message` comes as the value of field `number`. */
static leat_status open_message(reader *r, const leat_proto_message *message, uint32_t number)
{
    char close = leat_lex_take(&r->lex, '{') ? '}' : leat_lex_take(&r->lex, '<') ? '>' : 0;
    if (close == 0)
        return leat_lex_unexpected(&r->lex, "'{'");
    if (r->depth == LEAT_TEXT_DEPTH)
        return leat_lex_fail(&r->lex, r->lex.at - 1, "messages nested more than %d deep", LEAT_TEXT_DEPTH);
    if (message->is_place && r->places != NULL) {
        leat_text_places *p = r->places;
        LEAT_TRY(leat_grow(&p->items, &p->capacity, p->n + 1, sizeof *p->items));
        p->items[p->n++] = (struct leat_text_place){r->out->size - r->start, r->lex.line};
    }
    r->frames[++r->depth] = (frame){
        .message = message, .mark = leat_put_begin(r->out, number), .close = close, .line = r->lex.line};
    return LEAT_OK;
}

static leat_status read_list(reader *r, frame *f, const leat_proto_field *field, const char *at)
{
    if (!(field->flags & LEAT_PROTO_REPEATED))
        return leat_lex_fail(&r->lex, at, "field '%s' of %s takes one value, no list", field->name,
                             f->message->name);
    if (leat_lex_take(&r->lex, ']'))
        return LEAT_OK;
    if (field->type == LEAT_PROTO_MESSAGE) {
        f->list = field;
        return open_message(r, field->message, field->number);
    }
    for (;;) {
        LEAT_TRY(read_scalar(r, f, field));
        if (leat_lex_take(&r->lex, ']'))
            return leat_buf_status(r->out);
        if (!leat_lex_take(&r->lex, ','))
            return leat_lex_unexpected(&r->lex, "',' or ']'");
    }
}

/* An Any written as what it holds: [type.googleapis.com/tensorflow.AssetFileDef] { ... } */
static leat_status open_any(reader *r, frame *f, const char *at)
{
    leat_bytes url;
    r->lex.at++;
    if (f->message->any == NULL)
        return leat_lex_fail(&r->lex, at, "%s has no extensions", f->message->name);
    if (!leat_lex_type_url(&r->lex, &url))
        return leat_lex_unexpected(&r->lex, "']'");
    const leat_proto_message *type = leat_proto_any_type(f->message->any, url);
    if (type == NULL)
        return leat_lex_fail(&r->lex, at, "messages of type '%.*s' are not known here",
                             (int)LEAT_MIN(url.size, (size_t)60), url.data);
    for (size_t i = 0; i < f->message->n; i++)
        LEAT_TRY(check_once(r, f, &f->message->fields[i], at));
    leat_put_bytes(r->out, 1, url.data, url.size);
    leat_lex_take(&r->lex, ':');
    return open_message(r, type, 2);
}

static leat_status read_field(reader *r, frame *f)
{
    const char *at = r->lex.at;
    if (*at == '[')
        return open_any(r, f, at);
    leat_bytes name = leat_lex_word(&r->lex);
    if (name.size == 0)
        return leat_lex_unexpected(&r->lex, "a field's name");
    const leat_proto_field *field = find_field(f->message, name);
    if (field == NULL)
        return leat_lex_fail(&r->lex, at, "%s has no field '%.*s'", f->message->name,
                             (int)LEAT_MIN(name.size, (size_t)60), name.data);
    LEAT_TRY(check_once(r, f, field, at));
    if (field != f->run)
        end_run(r, f);
    bool colon = leat_lex_take(&r->lex, ':');
    if (!colon && field->type != LEAT_PROTO_MESSAGE)
        return leat_lex_unexpected(&r->lex, "':'");
    if (leat_lex_take(&r->lex, '['))
        return read_list(r, f, field, at);
    return field->type == LEAT_PROTO_MESSAGE ? open_message(r, field->message, field->number)
                                             : read_scalar(r, f, field);
}

/* ---- the loop ---- */

static void take_separator(reader *r)
{
    if (!leat_lex_take(&r->lex, ','))
        leat_lex_take(&r->lex, ';');
}

static void close_message(reader *r)
{
    frame *f = &r->frames[r->depth];
    end_run(r, f);
    put_end(r, f->mark);
    r->depth--;
    if (r->frames[r->depth].list == NULL)
        take_separator(r);
}

/* After a message within [ ]: the next one, or the list's end. */
static leat_status go_on_with_list(reader *r, frame *f)
{
    if (leat_lex_take(&r->lex, ']')) {
        f->list = NULL;
        take_separator(r);
        return LEAT_OK;
    }
    if (!leat_lex_take(&r->lex, ','))
        return leat_lex_unexpected(&r->lex, "',' or ']'");
    return open_message(r, f->list->message, f->list->number);
}

static leat_status read_all(reader *r)
{
    for (;;) {
        frame *f = &r->frames[r->depth];
        if (r->out->failed)
            return leat_buf_status(r->out);
        if (f->list != NULL) {
            LEAT_TRY(go_on_with_list(r, f));
            continue;
        }
        if (!leat_lex_skip(&r->lex)) {
            if (f->close == 0)
                break;
            return leat_lex_fail(&r->lex, r->lex.at, "the text ends within the %s that begins at line %u",
                                 f->message->name, f->line);
        }
        if (f->close != 0 && leat_lex_take(&r->lex, f->close)) {
            close_message(r);
            continue;
        }
        LEAT_TRY(read_field(r, f));
        /* One separator may stand after a field; a message that was opened now has its first field come. */
        if (&r->frames[r->depth] == f && f->list == NULL)
            take_separator(r);
    }
    end_run(r, &r->frames[0]);
    return leat_buf_status(r->out);
}

leat_status leat_text_read(const leat_proto_message *message, const char *origin, const char *text,
                           size_t size, leat_buf *out, leat_text_places *places)
{
    reader *r = leat_alloc_zero(1, sizeof *r);
    if (r == NULL)
        return leat_fail_memory(sizeof *r);
    if (text == NULL)
        text = "";
    r->lex = (leat_lexer){.at = text, .end = text + size, .line_start = text, .line = 1, .origin = origin};
    r->out = out;
    r->places = places;
    r->start = out->size;
    r->frames[0].message = message;
    leat_status status = read_all(r);
    leat_free(r);
    return status;
}

/* text-private.h - protobuf's text format, both ways between text and wire bytes, by tables of messages.
 *
 * No message tree is built: the reader writes wire bytes as it goes, the printer walks over wire bytes. Neither recurses;
 * both stop at LEAT_TEXT_DEPTH nested messages. Source: protobuf's "Text Format Language Specification". */
#ifndef LEAT_TEXT_PRIVATE_H
#define LEAT_TEXT_PRIVATE_H

#include "wire-private.h"

#define LEAT_TEXT_DEPTH 100

typedef enum leat_proto_type {
    LEAT_PROTO_INT32,
    LEAT_PROTO_INT64,
    LEAT_PROTO_UINT32,
    LEAT_PROTO_UINT64,
    LEAT_PROTO_SINT64, /* zigzag */
    LEAT_PROTO_FIXED64,
    LEAT_PROTO_BOOL,
    LEAT_PROTO_ENUM,
    LEAT_PROTO_FLOAT,
    LEAT_PROTO_DOUBLE,
    LEAT_PROTO_STRING,
    LEAT_PROTO_BYTES,
    LEAT_PROTO_MESSAGE,
} leat_proto_type;

enum leat_proto_flags {
    LEAT_PROTO_REPEATED = 1, /* numbers are packed */
    LEAT_PROTO_MAP = 2, /* a repeated message of key (1) and value (2); printed in the order of the keys */
};

typedef struct leat_proto_value {
    const char *name;
    int32_t number;
} leat_proto_value;

typedef struct leat_proto_enum {
    const char *name;
    const leat_proto_value *values;
    size_t n;
} leat_proto_enum;

typedef struct leat_proto_field {
    uint16_t number;
    const char *name;
    uint8_t type; /* leat_proto_type */
    uint8_t flags;
    uint8_t oneof; /* fields of one message with the same number here exclude each other; 0: none */
    const struct leat_proto_message *message;
    const leat_proto_enum *values;
} leat_proto_field;

/* At most 64 fields, in the order of their numbers. */
typedef struct leat_proto_message {
    const char *name;
    const leat_proto_field *fields;
    size_t n;
    bool is_place;     /* the reader notes where such a message begins */
    bool is_map_entry; /* on the wire both fields are always there */
    const struct leat_proto_any
        *any; /* google.protobuf.Any: type_url (1), value (2); NULL: another message */
} leat_proto_message;

/* The messages that an Any may be written as, instead of its bytes: "[type.googleapis.com/PACKAGE.NAME] { ... }". */
typedef struct leat_proto_any {
    const char *package; /* with the dot at its end */
    const leat_proto_message *const *types;
    size_t n;
} leat_proto_any;

/* The message that a type_url names: what follows the last '/'. NULL: none of these, or what a text could not hold. */
const leat_proto_message *leat_proto_any_type(const leat_proto_any *any, leat_bytes url);

/* Where messages marked is_place begin: in the wire bytes, and in the text. Ascending. All zero is empty. */
typedef struct leat_text_places {
    struct leat_text_place {
        uint64_t offset; /* of the field's tag */
        uint32_t line;
    } * items;
    size_t n, capacity;
} leat_text_places;

void leat_text_places_free(leat_text_places *p);
/* The line of the last place that begins before `offset`; 0 where there is none. */
uint32_t leat_text_line_of(const leat_text_places *p, uint64_t offset);

/* Appends the wire bytes of a message given as text. `origin` begins errors: "ORIGIN:LINE:COLUMN: reason". Fields with their
 * default value are left out, as protobuf does. places may be NULL. */
leat_status leat_text_read(const leat_proto_message *message, const char *origin, const char *text,
                           size_t size, leat_buf *out, leat_text_places *places) LEAT_MUST_CHECK;
/* The name of the first field of a text, to tell which message it is: size 0 where there is none. */
leat_bytes leat_text_first_name(const char *text, size_t size);
bool leat_text_is_blank(const char *text, size_t size); /* nothing but blanks and comments */

/* Appends a message as text, as google.protobuf.text_format prints it: fields by number, maps by key, bytes that are not
 * ASCII in octal, what an Any holds as a message. *unknown counts the fields that the tables do not have; they are left out. */
leat_status leat_text_write(const leat_proto_message *message, const void *bytes, size_t size, leat_buf *out,
                            size_t *unknown) LEAT_MUST_CHECK;

#endif

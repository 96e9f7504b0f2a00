# scan-ops.awk - reads the literal of every LEAT_OP( in the files named and writes, by -v out=:
#   table   ops/op-table.c         the sorted table of op types with their signatures
#   header  include/leat/raw-ops.h one typed wrapper an op, and its public name if ops/public-names has one
#   source  ops/raw-ops.c          the bodies of the wrappers
#   doc     doc/ops.md             the op reference
#
# The grammar, TensorFlow's notation with defaults:
#   Name(ARG: TYPE, ...) -> ARG: TYPE, ...; ATTR: SPEC; ...
#   TYPE   float | T | Ref(T) | N * T | N * float | L        T an attribute of kind type, L of kind list(type)
#   SPEC   KIND [>= MINIMUM] [= DEFAULT]
#   KIND   type | {float, int32, ...} | numeric | real | floating | inexact | integer | bool | int | float | shape | tensor | func
#          | string | {'SAME', 'VALID'} | list(KIND)
#   DEFAULT  true, 3, 0.5, 'text', float (a dtype), [1, 2] (a list), unknown or [2, 3] (a shape), none (a tensor: NULL,
#            the kernel's own)
# The text after .doc = in the descriptor is the op's documentation. ops/public-names holds lines
# "PUBLIC RAW-OP [DEFAULT-NODE-NAME]". POSIX awk only.

function fail(text) {
    print FILENAME ":" FNR ": " text > "/dev/stderr"
    failed = 1
    exit 1
}
function trim(s) {
    sub(/^[ \t\n]+/, "", s)
    sub(/[ \t\n]+$/, "", s)
    return s
}
function snake(name,    i, c, p, n, r, u, pu, nl) {
    r = ""
    for (i = 1; i <= length(name); i++) {
        c = substr(name, i, 1); p = substr(name, i - 1, 1); n = substr(name, i + 1, 1)
        u = c ~ /[A-Z]/; pu = p ~ /[A-Z]/; nl = n ~ /[a-z]/
        if (i > 1 && u && (!pu || nl || (c == "V" && n ~ /[0-9]/)) && !(p ~ /[0-9]/ && c == "D" && !nl)) r = r "_"
        r = r tolower(c)
    }
    gsub(/__+/, "_", r)
    return r
}
# Splits s at top-level separators (outside {} [] () ''), into part[1..]; returns the count.
function split_top(s, part, sep,    i, c, depth, quoted, n, cur) {
    n = 0; depth = 0; quoted = 0; cur = ""
    for (i = 1; i <= length(s); i++) {
        c = substr(s, i, 1)
        if (c == "'") quoted = !quoted
        if (!quoted) {
            if (c == "[" || c == "{" || c == "(") depth++
            if (c == "]" || c == "}" || c == ")") depth--
            if (c == sep && depth == 0) { part[++n] = trim(cur); cur = ""; continue }
        }
        cur = cur c
    }
    if (trim(cur) != "") part[++n] = trim(cur)
    return n
}
function dtype_enum(name) {
    if (!(name in DT)) fail("unknown dtype '" name "' in " op)
    return "LEAT_" DT[name]
}
function mask(set,    n, i, m, part) {
    if (set == "numeric") set = NUMERIC
    else if (set == "real") set = REAL
    else if (set == "floating") set = "half, bfloat16, float, double"
    else if (set == "inexact") set = "half, bfloat16, float, double, complex64, complex128"
    else if (set == "integer") set = "int8, int16, int32, int64, uint8, uint16, uint32, uint64"
    n = split_top(set, part, ",")
    m = ""
    for (i = 1; i <= n; i++) m = m (i > 1 ? " | " : "") "LEAT_BIT(" dtype_enum(part[i]) ")"
    return m
}
function is_set_word(w) { return w == "numeric" || w == "real" || w == "floating" || w == "inexact" || w == "integer" }

# One attribute: fills A_* of op number o, attribute number a.
function parse_attr(o, a, text,    p, spec, kind, def, minimum, inner) {
    p = index(text, ":")
    if (p == 0) fail("attribute without ':' in " op ": " text)
    A_name[o, a] = trim(substr(text, 1, p - 1))
    spec = trim(substr(text, p + 1))
    def = ""; minimum = ""
    A_has[o, a] = 0
    p = index(spec, " = ")
    if (p) { def = trim(substr(spec, p + 3)); spec = trim(substr(spec, 1, p - 1)); A_has[o, a] = 1 }
    p = index(spec, ">=")
    if (p) { minimum = trim(substr(spec, p + 2)); spec = trim(substr(spec, 1, p - 1)) }
    A_min[o, a] = minimum
    A_list[o, a] = 0
    if (spec ~ /^list\(/) {
        A_list[o, a] = 1
        spec = trim(substr(spec, 6, length(spec) - 6))
    }
    A_mask[o, a] = "0"; A_strings[o, a] = ""
    if (spec ~ /^\{/) {
        inner = trim(substr(spec, 2, length(spec) - 2))
        if (inner ~ /^'/) { kind = "STRING"; A_strings[o, a] = inner }
        else { kind = "TYPE"; A_mask[o, a] = mask(inner) }
    } else if (is_set_word(spec)) { kind = "TYPE"; A_mask[o, a] = mask(spec) }
    else if (spec ~ /^(type|bool|int|float|string|shape|tensor|func)$/) kind = toupper(spec)
    else fail("unknown kind '" spec "' of attribute " A_name[o, a] " of " op)
    A_kind[o, a] = kind; A_def[o, a] = def; A_inferred[o, a] = 0
}
function attr_index(o, name,    a) {
    for (a = 1; a <= N_attr[o]; a++) if (A_name[o, a] == name) return a
    return 0
}
function parse_args(o, dir, text,    n, i, p, part, type, number, a) {
    n = split_top(text, part, ",")
    N_arg[o, dir] = n
    for (i = 1; i <= n; i++) {
        p = index(part[i], ":")
        if (p == 0) fail("argument without ':' in " op ": " part[i])
        G_name[o, dir, i] = trim(substr(part[i], 1, p - 1))
        type = trim(substr(part[i], p + 1))
        G_num[o, dir, i] = 0; G_ref[o, dir, i] = 0; G_attr[o, dir, i] = 0; G_type[o, dir, i] = "LEAT_DTYPE_NONE"; G_list[o, dir, i] = 0
        p = index(type, "*")
        if (p) {
            number = trim(substr(type, 1, p - 1)); type = trim(substr(type, p + 1))
            a = attr_index(o, number)
            if (!a) fail(op ": no attribute " number)
            G_num[o, dir, i] = a; G_list[o, dir, i] = 1
            if (dir == "in") A_inferred[o, a] = 1
        }
        if (type ~ /^Ref\(/) { G_ref[o, dir, i] = 1; type = trim(substr(type, 5, length(type) - 5)) }
        a = attr_index(o, type)
        if (a) {
            G_attr[o, dir, i] = a
            if (A_list[o, a]) G_list[o, dir, i] = 1
            if (dir == "in") A_inferred[o, a] = 1
        } else if (type in DT) G_type[o, dir, i] = dtype_enum(type)
        else fail(op ": unknown type " type)
    }
}
function parse_op(text,    p, depth, i, c, head, rest, n, part, a, outs) {
    nops++
    p = index(text, "(")
    op = trim(substr(text, 1, p - 1))
    if (op in seen) fail(op " is described twice")
    seen[op] = nops
    O_name[nops] = op; O_text[nops] = text; O_doc[nops] = ""
    depth = 0
    for (i = p; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "(") depth++
        if (c == ")" && --depth == 0) break
    }
    head = substr(text, p + 1, i - p - 1)
    rest = trim(substr(text, i + 1))
    outs = ""
    a = 1
    if (rest ~ /^;/) rest = trim(substr(rest, 2))
    else if (rest != "" && rest !~ /^->/) fail(op ": '->' or ';' expected after the inputs")
    n = split_top(rest, part, ";")
    if (rest ~ /^->/) { outs = trim(substr(part[1], 3)); a = 2 }
    N_attr[nops] = 0
    for (; a <= n; a++) if (part[a] != "") { N_attr[nops]++; parse_attr(nops, N_attr[nops], part[a]) }
    parse_args(nops, "in", head)
    parse_args(nops, "out", outs)
}

BEGIN {
    DT["float"] = "FLOAT"; DT["double"] = "DOUBLE"; DT["int32"] = "INT32"; DT["uint8"] = "UINT8"; DT["int16"] = "INT16"
    DT["int8"] = "INT8"; DT["string"] = "STRING"; DT["complex64"] = "COMPLEX64"; DT["int64"] = "INT64"; DT["bool"] = "BOOL"
    DT["bfloat16"] = "BFLOAT16"; DT["uint16"] = "UINT16"; DT["complex128"] = "COMPLEX128"; DT["half"] = "HALF"
    DT["resource"] = "RESOURCE"; DT["variant"] = "VARIANT"; DT["uint32"] = "UINT32"; DT["uint64"] = "UINT64"
    REAL = "float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64"
    NUMERIC = REAL ", complex64, complex128"
    nops = 0; inlit = 0; current = 0; npublic = 0
}
FILENAME ~ /public-names$/ {
    if ($0 ~ /^#/ || NF == 0) next
    P_name[++npublic] = $1; P_op[npublic] = $2; P_node[npublic] = NF > 2 ? $3 : ""
    next
}
# Collects adjacent string literals up to the first character that is neither part of one nor blank.
function collect(line,    c, i) {
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        if (instr) {
            if (esc) { literal = literal (c == "n" ? "\n" : c); esc = 0 }
            else if (c == "\\") esc = 1
            else if (c == "\"") instr = 0
            else literal = literal c
        } else if (c == "\"") instr = 1
        else if (c != " " && c != "\t") { inlit = 0; finish(); return }
    }
}
function finish() {
    if (what == "op") { parse_op(literal); current = nops }
    else if (current) O_doc[current] = literal
}
{
    if (inlit) collect($0)
    if (!inlit && $0 ~ /LEAT_OP\(/ && $0 !~ /#define/ && $0 !~ /^ *[\/*]/) {
        line = $0
        what = "op"; literal = ""; inlit = 1; instr = 0; esc = 0
        sub(/.*LEAT_OP\(/, "", line)
        collect(line)
    }
    if (!inlit && $0 ~ /\.doc =/) {
        line = $0
        what = "doc"; literal = ""; inlit = 1; instr = 0; esc = 0
        sub(/.*\.doc = */, "", line)
        collect(line)
    }
}

function order(    i, j, t) { # insertion sort by bytes: op names are ASCII
    for (i = 1; i <= nops; i++) rank[i] = i
    for (i = 2; i <= nops; i++) {
        t = rank[i]
        for (j = i - 1; j >= 1 && O_name[rank[j]] > O_name[t]; j--) rank[j + 1] = rank[j]
        rank[j + 1] = t
    }
}
function c_string(s) {
    gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); gsub(/\n/, "\\n", s)
    return "\"" s "\""
}
function unquote(s) {
    return substr(s, 2, length(s) - 2)
}
function list_items(s, part) { # "[1, 2]" -> part
    return split_top(substr(s, 2, length(s) - 2), part, ",")
}
function c_item(kind, s) {
    if (kind == "INT") return s
    if (kind == "FLOAT") return (s ~ /[.e]/ ? s : s ".0") "f"
    if (kind == "BOOL") return s
    if (kind == "TYPE") return dtype_enum(s)
    if (kind == "STRING") return "{" c_string(unquote(s)) ", " length(unquote(s)) "}"
    fail(op ": list default of kind " kind)
}
function c_kind_type(kind) {
    if (kind == "INT") return "int64_t"
    if (kind == "FLOAT") return "float"
    if (kind == "BOOL") return "bool"
    if (kind == "TYPE") return "leat_dtype"
    if (kind == "STRING") return "leat_bytes"
    if (kind == "SHAPE") return "leat_shape"
    return "void *"
}
function default_value(o, a,    k, d, n, part, i, s, kind) {
    k = A_kind[o, a]; d = A_def[o, a]
    kind = "LEAT_ATTR_" k
    if (A_list[o, a]) {
        n = list_items(d, part)
        if (n == 0) return "{.kind = LEAT_ATTR_LIST + " kind ", .n = 0, .list = NULL}"
        s = ""
        for (i = 1; i <= n; i++) s = s (i > 1 ? ", " : "") c_item(k, part[i])
        return "{.kind = LEAT_ATTR_LIST + " kind ", .n = " n ", .list = (const " c_kind_type(k) "[]){" s "}}"
    }
    if (k == "INT") return "{.kind = " kind ", .i = " d "}"
    if (k == "FLOAT") return "{.kind = " kind ", .f = " c_item(k, d) "}"
    if (k == "BOOL") return "{.kind = " kind ", .b = " d "}"
    if (k == "TYPE") return "{.kind = " kind ", .type = " dtype_enum(d) "}"
    if (k == "STRING") return "{.kind = " kind ", .n = " length(unquote(d)) ", .s = " c_string(unquote(d)) "}"
    if (k == "SHAPE") {
        if (d == "unknown") return "{.kind = " kind ", .shape = &(const leat_shape){0}}"
        n = list_items(d, part)
        return "{.kind = " kind ", .shape = &(const leat_shape){" (n + 1) ", {" substr(d, 2, length(d) - 2) (n ? "" : "0") "}}}"
    }
    if (k == "FUNC") return "{.kind = " kind ", .n = 0, .s = \"\"}"
    if (k == "TENSOR" && d == "none") return "{.kind = " kind ", .tensor = NULL}"
    fail(op ": default of kind " k)
}
function write_args(o, dir,    i, n) {
    n = N_arg[o, dir]
    if (n == 0) return
    printf "static const leat_arg_sig %s_%s[] = {\n", dir, O_name[o]
    for (i = 1; i <= n; i++)
        printf "    {\"%s\", %s, %d, %d, %s, %s},\n", G_name[o, dir, i], G_type[o, dir, i], G_attr[o, dir, i] - 1, G_num[o, dir, i] - 1, G_list[o, dir, i] ? "true" : "false", G_ref[o, dir, i] ? "true" : "false"
    print "};"
}
function write_table(    r, o, a, n, i, part, strings) {
    print "/* Written by build-aux/scan-ops.awk: do not edit. */\n#include \"engine/op-private.h\"\n"
    for (r = 1; r <= nops; r++) printf "extern const leat_op_def leat_op_%s;\n", O_name[rank[r]]
    for (r = 1; r <= nops; r++) {
        o = rank[r]; op = O_name[o]
        print ""
        write_args(o, "in"); write_args(o, "out")
        if (!N_attr[o]) continue
        printf "static const leat_attr_sig attrs_%s[] = {\n", op
        for (a = 1; a <= N_attr[o]; a++) {
            strings = "NULL"
            if (A_strings[o, a] != "") {
                n = split_top(A_strings[o, a], part, ",")
                strings = "(const char *const[]){"
                for (i = 1; i <= n; i++) strings = strings c_string(unquote(part[i])) ", "
                strings = strings "NULL}"
            }
            printf "    {.name = \"%s\", .kind = %sLEAT_ATTR_%s, .dtypes = %s, .strings = %s, .minimum = %s, .inferred = %s, .has_default = %s", A_name[o, a], A_list[o, a] ? "LEAT_ATTR_LIST + " : "", A_kind[o, a], A_mask[o, a], strings, A_min[o, a] == "" ? "INT64_MIN" : A_min[o, a], A_inferred[o, a] ? "true" : "false", A_has[o, a] ? "true" : "false"
            if (A_has[o, a]) printf ", .value = %s", default_value(o, a)
            print "},"
        }
        print "};"
    }
    print "\nconst leat_op_sig leat_op_table[] = {"
    for (r = 1; r <= nops; r++) {
        o = rank[r]; op = O_name[o]
        printf "    {\"%s\", &leat_op_%s, %s, %s, %s, %d, %d, %d},\n", op, op, N_arg[o, "in"] ? "in_" op : "NULL", N_arg[o, "out"] ? "out_" op : "NULL", N_attr[o] ? "attrs_" op : "NULL", N_arg[o, "in"], N_arg[o, "out"], N_attr[o]
    }
    print "};\nconst size_t leat_op_table_count = sizeof leat_op_table / sizeof leat_op_table[0];"
}

# ---- typed wrappers ----
function field_name(s) { return (s in KEYWORD) ? s "_" : s }
function attr_c_type(o, a,    k) {
    k = A_kind[o, a]
    if (A_list[o, a]) {
        if (k == "INT") return "leat_int_list"
        if (k == "TYPE") return "leat_dtype_list"
        if (k == "FLOAT") return "leat_float_list"
        if (k == "STRING") return "leat_string_list"
        if (k == "SHAPE") return "leat_shape_list"
        return ""
    }
    if (k == "INT") return "int64_t"
    if (k == "FLOAT") return "float"
    if (k == "BOOL") return "bool"
    if (k == "TYPE") return "leat_dtype"
    if (k == "SHAPE") return "leat_shape"
    if (k == "TENSOR") return "leat_tensor *"
    return "const char *"
}
function nonzero_default(o, a,    k, d) {
    if (!A_has[o, a] || A_list[o, a]) return ""
    k = A_kind[o, a]; d = A_def[o, a]
    if (k == "INT" && d + 0 != 0) return d
    if (k == "FLOAT" && d + 0 != 0) return c_item(k, d)
    if (k == "BOOL" && d == "true") return d
    return ""
}
function needs_graph(o) { return N_arg[o, "in"] == 0 }
function single(o) { return N_arg[o, "out"] == 1 && !G_list[o, "out", 1] }
function required(o, a) { return !A_has[o, a] && !A_inferred[o, a] }
# Positional fields, in order: graph if there are no inputs, the inputs, then required attributes.
function positional(o, pos, ctype,    i, a, n) {
    n = 0
    if (needs_graph(o)) { pos[++n] = "graph"; ctype[n] = "leat_graph *" }
    for (i = 1; i <= N_arg[o, "in"]; i++) { pos[++n] = field_name(G_name[o, "in", i]); ctype[n] = G_list[o, "in", i] ? "leat_out_list" : "leat_out" }
    for (a = 1; a <= N_attr[o]; a++) if (required(o, a) && attr_c_type(o, a) != "") { pos[++n] = field_name(A_name[o, a]); ctype[n] = attr_c_type(o, a) }
    return n
}
function space(t) { return t ~ /\*$/ ? t : t " " }
function write_wrapper(o, fname,    pos, ctype, n, i, a, d, ret, line) {
    ret = single(o) ? "leat_out " : "leat_op *"
    n = positional(o, pos, ctype)
    printf "\n/* %s\n * %s */\n", O_text[o], O_doc[o]
    printf "typedef struct %s_args {\n    size_t size; /* of this struct */\n", fname
    for (i = 1; i <= n; i++) printf "    %s%s LEAT_CXX_DEFAULT();\n", space(ctype[i]), pos[i]
    for (a = 1; a <= N_attr[o]; a++)
        if (!A_inferred[o, a] && !required(o, a) && attr_c_type(o, a) != "") {
            d = nonzero_default(o, a)
            printf "    %s%s LEAT_CXX_DEFAULT(%s);\n", space(attr_c_type(o, a)), field_name(A_name[o, a]), d
        }
    printf "    const char *name LEAT_CXX_DEFAULT();\n} %s_args;\n", fname
    printf "LEAT_API %s%s(%s_args args);\n", ret, fname, fname
    print "#ifdef __cplusplus"
    line = ""
    for (i = 1; i <= n; i++) line = line space(ctype[i]) pos[i] ", "
    printf "extern \"C++\" inline %s%s(%s%s_args args = {})\n{\n    args.size = sizeof args;\n", ret, fname, line, fname
    for (i = 1; i <= n; i++) printf "    args.%s = %s;\n", pos[i], pos[i]
    printf "    return %s(args);\n}\n", fname
    print "#else"
    line = ""
    for (i = 1; i < n; i++) line = line pos[i] "_arg_, "
    printf "#define %s(%s...) \\\n    __extension__({ LEAT_KW_ON %s((%s_args){.size = sizeof(%s_args)", fname, line, fname, fname, fname
    for (a = 1; a <= N_attr[o]; a++)
        if (!A_inferred[o, a]) {
            d = nonzero_default(o, a)
            if (d != "") printf ", .%s = %s", field_name(A_name[o, a]), d
        }
    for (i = 1; i < n; i++) printf ", .%s = (%s_arg_)", pos[i], pos[i]
    printf ", .%s = __VA_ARGS__}); LEAT_KW_OFF })\n#endif\n", pos[n]
}
function write_header(    r, o, p) {
    print "/* leat/raw-ops.h - one typed wrapper for every op. Written by build-aux/scan-ops.awk: do not edit.\n *"
    print " * leat_raw_<op>(inputs..., required attributes..., .attribute = value, .name = \"...\") adds the op to the graph of its"
    print " * inputs and returns its output (a leat_op * where it has none, several, or a list). Errors go to the graph; any call"
    print " * with LEAT_NO_OUT gives LEAT_NO_OUT. In C++ the positional arguments come first, then a struct of the rest. */"
    print "#ifndef LEAT_RAW_OPS_H\n#define LEAT_RAW_OPS_H\n\n#include \"leat/keywords.h\"\n\n#ifdef __cplusplus\nextern \"C\" {\n#endif"
    for (r = 1; r <= nops; r++) { o = rank[r]; op = O_name[o]; write_wrapper(o, "leat_raw_" snake(op)) }
    for (p = 1; p <= npublic; p++) {
        op = P_op[p]
        if (!(op in seen)) continue # TODO: an error once every op of ops/public-names exists
        write_wrapper(seen[op], "leat_" P_name[p])
    }
    print "\n#ifdef __cplusplus\n}\n#endif\n#endif"
}
function write_body(o, fname, node,    ret, i, a, f, t) {
    ret = single(o) ? "leat_out " : "leat_op *"
    printf "\n#undef %s\n%s%s(%s_args args)\n{\n", fname, ret, fname, fname
    if (needs_graph(o)) printf "    leat_graph *graph = args.graph;\n"
    else {
        printf "    leat_graph *graph = "
        for (i = 1; i <= N_arg[o, "in"]; i++) {
            f = field_name(G_name[o, "in", i])
            if (G_list[o, "in", i]) printf "leat_wrap_list_graph(args.%s)", f
            else printf "leat_wrap_graph(args.%s)", f
            if (i < N_arg[o, "in"]) printf ";\n    if (graph == NULL)\n        graph = "
        }
        print ";"
    }
    printf "    leat_op_builder *b = leat_op_begin(graph, \"%s\", %s);\n", O_name[o], node == "" ? "args.name" : "args.name ? args.name : \"" node "\""
    for (i = 1; i <= N_arg[o, "in"]; i++) {
        f = field_name(G_name[o, "in", i])
        if (G_list[o, "in", i]) printf "    leat_op_add_input_list(b, args.%s.items, args.%s.n);\n", f, f
        else printf "    leat_op_add_input(b, args.%s);\n", f
    }
    for (a = 1; a <= N_attr[o]; a++) {
        if (A_inferred[o, a] || attr_c_type(o, a) == "") continue
        f = field_name(A_name[o, a]); t = tolower(A_kind[o, a])
        if (A_list[o, a]) {
            if (required(o, a)) printf "    leat_op_set_%s_list(b, \"%s\", args.%s.items, args.%s.n);\n", t, A_name[o, a], f, f
            else printf "    if (args.%s.items != NULL)\n        leat_op_set_%s_list(b, \"%s\", args.%s.items, args.%s.n);\n", f, t, A_name[o, a], f, f
        } else if (t == "string") printf "    if (args.%s != NULL)\n        leat_op_set_string(b, \"%s\", args.%s, strlen(args.%s));\n", f, A_name[o, a], f, f
        else if (t == "func" || t == "tensor") printf "    if (args.%s != NULL)\n        leat_op_set_%s(b, \"%s\", args.%s);\n", f, t, A_name[o, a], f
        else if (t == "shape" && required(o, a)) printf "    leat_op_set_shape(b, \"%s\", args.%s);\n", A_name[o, a], f
        else if (t == "type") printf "    if (args.%s != LEAT_DTYPE_NONE)\n        leat_op_set_type(b, \"%s\", args.%s);\n", f, A_name[o, a], f
        else if (t == "shape") printf "    if (args.%s.rank_plus_1 != 0)\n        leat_op_set_shape(b, \"%s\", args.%s);\n", f, A_name[o, a], f
        else printf "    leat_op_set_%s(b, \"%s\", args.%s);\n", t, A_name[o, a], f
    }
    if (single(o)) print "    return leat_wrap_end(b);\n}"
    else print "    return leat_op_end(b);\n}"
}
function write_source(    r, o, p) {
    print "/* Written by build-aux/scan-ops.awk: do not edit. */\n#include <string.h>\n#include \"engine/wrap-private.h\"\n#include \"leat/raw-ops.h\""
    for (r = 1; r <= nops; r++) { o = rank[r]; op = O_name[o]; write_body(o, "leat_raw_" snake(op), "") }
    for (p = 1; p <= npublic; p++) if (P_op[p] in seen) write_body(seen[P_op[p]], "leat_" P_name[p], P_node[p])
}
function write_doc(    r, o, p, names) {
    print "# Op reference\n\nWritten from the descriptors in `ops/`. " nops " ops.\n"
    for (p = 1; p <= npublic; p++) names[P_op[p]] = names[P_op[p]] (names[P_op[p]] == "" ? "" : ", ") "`leat_" P_name[p] "`"
    for (r = 1; r <= nops; r++) {
        o = rank[r]
        printf "## %s\n\n`%s`\n\n%s\n\nC: `leat_raw_%s`%s\n\n", O_name[o], O_text[o], O_doc[o], snake(O_name[o]), (O_name[o] in names) ? ", " names[O_name[o]] : ""
    }
}
END {
    if (failed) exit 1
    n = split("auto break case char const continue default do double else enum extern float for goto if inline int long register return short signed sizeof static struct switch typedef union unsigned void volatile while class new delete this template operator private public protected namespace bool true false and or not xor name size graph", words, " ")
    for (i = 1; i <= n; i++) KEYWORD[words[i]] = 1
    order()
    if (out == "table") write_table()
    else if (out == "header") write_header()
    else if (out == "source") write_source()
    else if (out == "doc") write_doc()
    else fail("-v out= must be table, header, source or doc")
}

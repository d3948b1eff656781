/* Types of stored numbers: what NumPy, IDX and HDF5 have in common. */
#ifndef LS_HDF5_ELEMENT_H
#define LS_HDF5_ELEMENT_H

#include <stdint.h>

/* Name, bytes, what people call it. */
#define LS_ELEMENT_LIST(X)                                                                                             \
    X(LS_ELEMENT_BOOL, 1, "boolean")                                                                                   \
    X(LS_ELEMENT_INT8, 1, "int8")                                                                                      \
    X(LS_ELEMENT_UINT8, 1, "uint8")                                                                                    \
    X(LS_ELEMENT_INT16, 2, "int16")                                                                                    \
    X(LS_ELEMENT_UINT16, 2, "uint16")                                                                                  \
    X(LS_ELEMENT_INT32, 4, "int32")                                                                                    \
    X(LS_ELEMENT_UINT32, 4, "uint32")                                                                                  \
    X(LS_ELEMENT_INT64, 8, "int64")                                                                                    \
    X(LS_ELEMENT_UINT64, 8, "uint64")                                                                                  \
    X(LS_ELEMENT_FLOAT16, 2, "float16")                                                                                \
    X(LS_ELEMENT_FLOAT32, 4, "float32")                                                                                \
    X(LS_ELEMENT_FLOAT64, 8, "float64")

typedef enum ls_element {
#define LS_ELEMENT_MEMBER_(name, bytes, text) name,
    LS_ELEMENT_LIST(LS_ELEMENT_MEMBER_)
#undef LS_ELEMENT_MEMBER_
} ls_element;

static inline int64_t ls_element_bytes(ls_element element)
{
    switch (element) {
#define LS_ELEMENT_CASE_(name, bytes, text)                                                                            \
    case name:                                                                                                         \
        return bytes;
        LS_ELEMENT_LIST(LS_ELEMENT_CASE_)
#undef LS_ELEMENT_CASE_
    }
    return 0;
}

static inline const char *ls_element_name(ls_element element)
{
    switch (element) {
#define LS_ELEMENT_CASE_(name, bytes, text)                                                                            \
    case name:                                                                                                         \
        return text;
        LS_ELEMENT_LIST(LS_ELEMENT_CASE_)
#undef LS_ELEMENT_CASE_
    }
    return "?";
}

#endif

/* Pack: numbers, heads of bins, and ids, as msgpack and docs/protocol.md have them. */

#include "parts.h"

char *
put_head(char *at, size_t length)
{
    if (length < 256) {
        *at++ = (char)0xC4;
        *at++ = (char)length;
    } else {
        int width = length < 65536 ? 2 : 4;
        *at++ = (char)(width == 2 ? 0xC5 : 0xC6);
        for (int i = width - 1; i >= 0; i--) {
            *at++ = (char)(length >> 8 * i);
        }
    }
    return at;
}

static char *
put_varint(char *at, unsigned long long value)
{
    while (value > 127) {
        *at++ = (char)((value & 127) | 128);
        value >>= 7;
    }
    *at++ = (char)value;
    return at;
}

static size_t
varint_size(unsigned long long value)
{
    size_t size = 1;
    while (value > 127) {
        value >>= 7;
        size++;
    }
    return size;
}

char *
put_ids(char *at, const long long *ids, Py_ssize_t count)
{
    unsigned long long first = (unsigned long long)ids[0];
    unsigned long long span = (unsigned long long)(ids[count - 1] - ids[0]) + 1;
    size_t size = 1 + varint_size(first);
    if (span == (unsigned long long)count) {
        at = put_head(at, size + varint_size(span));
        *at++ = 0;
        at = put_varint(at, first);
        return put_varint(at, span);
    }
    size_t bits = (size_t)((span + 7) >> 3);
    if (bits <= (size_t)count - 1) {
        at = put_head(at, size + bits);
        *at++ = 2;
        at = put_varint(at, first);
        memset(at, 0, bits);
        for (Py_ssize_t i = 0; i < count; i++) {
            unsigned long long bit = (unsigned long long)(ids[i] - ids[0]);
            at[bit >> 3] = (char)(at[bit >> 3] | 1 << (bit & 7));
        }
        return at + bits;
    }
    for (Py_ssize_t i = 1; i < count; i++) {
        size += varint_size((unsigned long long)(ids[i] - ids[i - 1] - 1));
    }
    at = put_head(at, size);
    *at++ = 1;
    at = put_varint(at, first);
    for (Py_ssize_t i = 1; i < count; i++) {
        at = put_varint(at, (unsigned long long)(ids[i] - ids[i - 1] - 1));
    }
    return at;
}

/* Write a number behind a head, big endian. */
static char *
put_behind(char *at, int head, unsigned long long number, int width)
{
    *at++ = (char)head;
    for (int i = width - 1; i >= 0; i--) {
        *at++ = (char)(number >> 8 * i);
    }
    return at;
}

char *
put_float(char *at, unsigned long long bits, int width)
{
    return put_behind(at, width == 4 ? 0xCA : 0xCB, bits, width);
}

char *
put_unsigned(char *at, unsigned long long number)
{
    if (number < 0x80) {
        *at++ = (char)number;
        return at;
    }
    if (number < 0x100) {
        return put_behind(at, 0xCC, number, 1);
    }
    if (number < 0x10000) {
        return put_behind(at, 0xCD, number, 2);
    }
    return number < 0x100000000 ? put_behind(at, 0xCE, number, 4)
                                : put_behind(at, 0xCF, number, 8);
}

char *
put_signed(char *at, long long number)
{
    unsigned long long bits = (unsigned long long)number;
    if (number >= 0) {
        return put_unsigned(at, bits);
    }
    if (number >= -0x20) {
        *at++ = (char)bits;
        return at;
    }
    if (number >= -0x80) {
        return put_behind(at, 0xD0, bits, 1);
    }
    if (number >= -0x8000) {
        return put_behind(at, 0xD1, bits, 2);
    }
    return number >= -0x80000000LL ? put_behind(at, 0xD2, bits, 4)
                                   : put_behind(at, 0xD3, bits, 8);
}

/* Seal: WebSocket frames of messages that begin alike, as `nexus.wire.envelope` has it. */

#include "parts.h"

enum { BINARY = 0x82, SMALL = 125, MEDIUM = 126, LARGE = 127 };

/* Write the head of a frame; it has at most ten bytes. */
static Py_ssize_t
put_frame(unsigned char *at, unsigned long long length)
{
    int width = length <= SMALL ? 0 : length <= 0xFFFF ? 2 : 8;
    at[0] = BINARY;
    at[1] = (unsigned char)(width == 0 ? length : width == 2 ? MEDIUM : LARGE);
    for (int i = 0; i < width; i++) {
        at[2 + i] = (unsigned char)(length >> 8 * (width - 1 - i));
    }
    return 2 + width;
}

/* The frame of one message; NULL: exception. */
static PyObject *
frame_of(PyObject *head, PyObject *body)
{
    unsigned char begin[10];
    if (!PyBytes_Check(body)) {
        PyErr_SetString(PyExc_TypeError, "a message is bytes");
        return NULL;
    }
    Py_ssize_t first = PyBytes_GET_SIZE(head), rest = PyBytes_GET_SIZE(body);
    Py_ssize_t size = put_frame(begin, (unsigned long long)first + (unsigned long long)rest);
    PyObject *frame = PyBytes_FromStringAndSize(NULL, size + first + rest);
    if (frame != NULL) {
        char *at = PyBytes_AS_STRING(frame);
        memcpy(at, begin, (size_t)size);
        memcpy(at + size, PyBytes_AS_STRING(head), (size_t)first);
        memcpy(at + size + first, PyBytes_AS_STRING(body), (size_t)rest);
    }
    return frame;
}

PyObject *
seal(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    if (count != 2 || !PyBytes_Check(arguments[0]) || !PyList_Check(arguments[1])) {
        PyErr_SetString(PyExc_TypeError, "seal(head, bodies), bytes and a list of such");
        return NULL;
    }
    Py_ssize_t size = PyList_GET_SIZE(arguments[1]);
    PyObject *frames = PyList_New(size);
    for (Py_ssize_t i = 0; frames != NULL && i < size; i++) {
        PyObject *frame = frame_of(arguments[0], PyList_GET_ITEM(arguments[1], i));
        if (frame == NULL) {
            Py_CLEAR(frames);
        } else {
            PyList_SET_ITEM(frames, i, frame);
        }
    }
    return frames;
}

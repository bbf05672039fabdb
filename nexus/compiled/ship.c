/* Ship: frames given to the kernel one behind the other, as `nexus.net.outlet` does. */

#include "parts.h"

#include <errno.h>
#ifndef _WIN32
#include <sys/socket.h>
#endif

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

typedef struct {
    int door;
    PyObject *frame;
    Py_ssize_t went; /* bytes of it; 0: none, for whatever reason */
} Parcel;

static Py_ssize_t
sent(int door, const char *bytes, Py_ssize_t size)
{
#ifdef _WIN32
    /* What sends there takes no descriptors. */
    (void)door, (void)bytes, (void)size;
    return 0;
#else
    for (int tries = 0; tries < 3; tries++) {
        ssize_t went = send(door, bytes, (size_t)size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (went >= 0) {
            return went;
        }
        if (errno != EINTR) {
            break;
        }
    }
    return 0;
#endif
}

/* Which of them did not go, or in part: a list of (index, bytes that went). */
static PyObject *
rest_of(const Parcel *parcels, Py_ssize_t count)
{
    PyObject *rest = PyList_New(0);
    for (Py_ssize_t i = 0; rest != NULL && i < count; i++) {
        if (parcels[i].went == PyBytes_GET_SIZE(parcels[i].frame)) {
            continue;
        }
        PyObject *pair = Py_BuildValue("(nn)", i, parcels[i].went);
        if (pair == NULL || PyList_Append(rest, pair) < 0) {
            Py_CLEAR(rest);
        }
        Py_XDECREF(pair);
    }
    return rest;
}

/* Look at what is to go; how many of the parcels are made by then, at most `count`. */
static Py_ssize_t
pack(PyObject *const *doors, PyObject *const *frames, Parcel *parcels, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        long door = PyLong_AsLong(doors[i]);
        if (door == -1 && PyErr_Occurred()) {
            return i;
        }
        if (!PyBytes_Check(frames[i]) || door > INT_MAX) {
            PyErr_SetString(PyExc_TypeError, "a frame is bytes, and goes by a descriptor");
            return i;
        }
        parcels[i].door = door < 0 ? -1 : (int)door;
        parcels[i].frame = Py_NewRef(frames[i]);
        parcels[i].went = 0;
    }
    return count;
}

PyObject *
ship(PyObject *Py_UNUSED(module), PyObject *const *arguments, Py_ssize_t count)
{
    if (count != 2 || !PyList_Check(arguments[0]) || !PyList_Check(arguments[1])
        || PyList_GET_SIZE(arguments[0]) != PyList_GET_SIZE(arguments[1])) {
        PyErr_SetString(PyExc_TypeError, "ship(doors, frames), two lists as long");
        return NULL;
    }
    Py_ssize_t size = PyList_GET_SIZE(arguments[0]);
    Parcel *parcels = PyMem_New(Parcel, size ? size : 1);
    if (parcels == NULL) {
        return PyErr_NoMemory();
    }
    Py_ssize_t packed = pack(((PyListObject *)arguments[0])->ob_item,
                             ((PyListObject *)arguments[1])->ob_item, parcels, size);
    PyObject *rest = NULL;
    if (packed == size) {
        /* Other threads go on meanwhile, once for all and not once for each. */
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t i = 0; i < size; i++) {
            if (parcels[i].door >= 0) {
                parcels[i].went = sent(parcels[i].door, PyBytes_AS_STRING(parcels[i].frame),
                                       PyBytes_GET_SIZE(parcels[i].frame));
            }
        }
        Py_END_ALLOW_THREADS
        rest = rest_of(parcels, size);
    }
    for (Py_ssize_t i = 0; i < packed; i++) {
        Py_DECREF(parcels[i].frame);
    }
    PyMem_Free(parcels);
    return rest;
}

# REQUIRES: cuda-bindings
# RUN: env LD_LIBRARY_PATH=%build/lib/mock-cuda %cuda-python %s
"""NVIDIA's own Python client of the driver API (package cuda-bindings), unchanged, on the mock driver:
modules, launches, streams, events, graphs by capture and by node, and errors."""

import ctypes
import struct

from cuda.bindings import driver as cu

PTX = b"""
.version 7.0
.target sm_80
.address_size 64
.visible .global .align 4 .u32 counter = 5;
.visible .entry scale(.param .u64 p, .param .f32 f, .param .u32 n) {
  .reg .pred %q; .reg .b32 %r<6>; .reg .f32 %f<3>; .reg .b64 %rd<4>;
  ld.param.u64 %rd1, [p]; ld.param.f32 %f1, [f]; ld.param.u32 %r1, [n];
  mov.u32 %r2, %ctaid.x; mov.u32 %r3, %ntid.x; mov.u32 %r4, %tid.x;
  mad.lo.s32 %r5, %r2, %r3, %r4;
  setp.ge.u32 %q, %r5, %r1;
  @%q bra done;
  mul.wide.u32 %rd2, %r5, 4; add.s64 %rd3, %rd1, %rd2;
  ld.global.f32 %f2, [%rd3]; mul.f32 %f2, %f2, %f1; st.global.f32 [%rd3], %f2;
done: ret;
}
\0"""


def ok(result):
    error, *values = result
    assert error == cu.CUresult.CUDA_SUCCESS, error
    return values[0] if len(values) == 1 else values


def fails(result, name):
    assert result[0].name == name, (result[0], name)


def floats(count):
    return (ctypes.c_float * count)(*range(count))


def read(pointer, count):
    host = (ctypes.c_float * count)()
    ok(cu.cuMemcpyDtoH(ctypes.addressof(host), pointer, 4 * count))
    return list(host)


def upload(pointer, values):
    ok(cu.cuMemcpyHtoD(pointer, ctypes.addressof(values), ctypes.sizeof(values)))


def launch(kernel, pointer, factor, count, stream):
    arguments = (pointer, factor, count)
    types = (None, ctypes.c_float, ctypes.c_uint32)
    ok(cu.cuLaunchKernel(kernel, (count + 63) // 64, 1, 1, 64, 1, 1, 0, stream, (arguments, types), 0))


def before_init():
    fails(cu.cuDeviceGetCount(), "CUDA_ERROR_NOT_INITIALIZED")
    assert ok(cu.cuDriverGetVersion()) == 13000


def device():
    ok(cu.cuInit(0))
    assert ok(cu.cuDeviceGetCount()) == 1
    fails(cu.cuDeviceGet(1), "CUDA_ERROR_INVALID_DEVICE")
    gpu = ok(cu.cuDeviceGet(0))
    assert b"mock" in ok(cu.cuDeviceGetName(100, gpu))
    attribute = cu.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR
    assert ok(cu.cuDeviceGetAttribute(attribute, gpu)) == 8
    assert ok(cu.cuGetErrorName(cu.CUresult.CUDA_ERROR_INVALID_VALUE)) == b"CUDA_ERROR_INVALID_VALUE"
    fails(cu.cuMemAlloc(16), "CUDA_ERROR_INVALID_CONTEXT")
    context = ok(cu.cuDevicePrimaryCtxRetain(gpu))
    ok(cu.cuCtxSetCurrent(context))
    return gpu


def modules():
    module = ok(cu.cuModuleLoadData(PTX))
    kernel = ok(cu.cuModuleGetFunction(module, b"scale"))
    fails(cu.cuModuleGetFunction(module, b"nothing"), "CUDA_ERROR_NOT_FOUND")
    pointer, size = ok(cu.cuModuleGetGlobal(module, b"counter"))
    word = bytearray(4)
    ok(cu.cuMemcpyDtoH(word, pointer, 4))
    assert size == 4 and struct.unpack("<I", word) == (5,)
    library = ok(cu.cuLibraryLoadData(PTX, [], [], 0, [], [], 0))
    assert ok(cu.cuKernelGetName(ok(cu.cuLibraryGetKernel(library, b"scale")))) == b"scale"
    ok(cu.cuLibraryUnload(library))
    log = bytearray(500)
    options = [
        cu.CUjit_option.CU_JIT_ERROR_LOG_BUFFER,
        cu.CUjit_option.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES,
    ]
    bad = PTX.replace(b"mul.f32", b"mule.f32")
    fails(cu.cuModuleLoadDataEx(bad, 2, options, [log, len(log)]), "CUDA_ERROR_INVALID_PTX")
    assert b"line 14" in log, log
    newer = PTX.replace(b".version 7.0", b".version 99.0")
    fails(cu.cuModuleLoadData(newer), "CUDA_ERROR_UNSUPPORTED_PTX_VERSION")
    fails(cu.cuModuleLoadData(b"\x7fELF\x02\x01\x01" + bytes(100)), "CUDA_ERROR_NO_BINARY_FOR_GPU")
    return kernel


def streams_and_events(kernel):
    count = 1000
    pointer = ok(cu.cuMemAlloc(4 * count))
    upload(pointer, floats(count))
    stream = ok(cu.cuStreamCreate(cu.CUstream_flags.CU_STREAM_NON_BLOCKING))
    other = ok(cu.cuStreamCreate(cu.CUstream_flags.CU_STREAM_NON_BLOCKING))
    start, end = ok(cu.cuEventCreate(0)), ok(cu.cuEventCreate(0))
    ok(cu.cuEventRecord(start, stream))
    launch(kernel, pointer, 3.0, count, stream)
    ok(cu.cuEventRecord(end, stream))
    fails(cu.cuEventElapsedTime(start, end), "CUDA_ERROR_NOT_READY")
    ok(cu.cuStreamWaitEvent(other, end, 0))
    launch(kernel, pointer, 2.0, count, other)
    fails(cu.cuStreamQuery(other), "CUDA_ERROR_NOT_READY")
    ok(cu.cuStreamSynchronize(other))
    ok(cu.cuStreamQuery(other))
    assert ok(cu.cuEventElapsedTime(start, end)) >= 0
    assert read(pointer, count) == [6.0 * i for i in range(count)]
    for event in (start, end):
        ok(cu.cuEventDestroy(event))
    fails(cu.cuEventQuery(start), "CUDA_ERROR_INVALID_HANDLE")
    ok(cu.cuStreamDestroy(other))
    return pointer, stream, count


def captured_graph(kernel, pointer, stream, count):
    upload(pointer, floats(count))
    ok(cu.cuStreamBeginCapture(stream, cu.CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_GLOBAL))
    launch(kernel, pointer, 2.0, count, stream)
    launch(kernel, pointer, 2.0, count, stream)
    assert read_status(stream) == "CU_STREAM_CAPTURE_STATUS_ACTIVE"
    graph = ok(cu.cuStreamEndCapture(stream))
    assert ok(cu.cuGraphGetNodes(graph, 0))[1] == 2
    executable = ok(cu.cuGraphInstantiate(graph, 0))
    for _ in range(3):
        ok(cu.cuGraphLaunch(executable, stream))
    ok(cu.cuStreamSynchronize(stream))
    assert read(pointer, count) == [64.0 * i for i in range(count)]
    ok(cu.cuGraphExecDestroy(executable))
    ok(cu.cuGraphDestroy(graph))

    ok(cu.cuStreamBeginCapture(stream, cu.CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_GLOBAL))
    fails(cu.cuMemAlloc(16), "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED")
    fails(cu.cuStreamEndCapture(stream), "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED")


def read_status(stream):
    return ok(cu.cuStreamIsCapturing(stream)).name


def graph_by_nodes(kernel, pointer, stream, count):
    context = ok(cu.cuCtxGetCurrent())
    graph = ok(cu.cuGraphCreate(0))
    fill = cu.CUDA_MEMSET_NODE_PARAMS()
    fill.dst, fill.value, fill.elementSize, fill.width, fill.height = pointer, 0x3F800000, 4, count, 1
    first = ok(cu.cuGraphAddMemsetNode(graph, None, 0, fill, context))
    node = cu.CUDA_KERNEL_NODE_PARAMS()
    node.func = kernel
    node.gridDimX, node.gridDimY, node.gridDimZ = (count + 63) // 64, 1, 1
    node.blockDimX, node.blockDimY, node.blockDimZ = 64, 1, 1
    node.kernelParams = ((pointer, 5.0, count), (None, ctypes.c_float, ctypes.c_uint32))
    second = ok(cu.cuGraphAddKernelNode(graph, [first], 1, node))
    assert ok(cu.cuGraphNodeGetType(second)).name == "CU_GRAPH_NODE_TYPE_KERNEL"
    executable = ok(cu.cuGraphInstantiate(graph, 0))
    ok(cu.cuGraphLaunch(executable, stream))
    ok(cu.cuGraphLaunch(executable, stream))
    ok(cu.cuStreamSynchronize(stream))
    assert read(pointer, count) == [5.0] * count
    ok(cu.cuGraphExecDestroy(executable))
    ok(cu.cuGraphDestroy(graph))


def errors(gpu, kernel, pointer, count):
    fails(cu.cuMemAlloc(1 << 45), "CUDA_ERROR_OUT_OF_MEMORY")
    fails(cu.cuMemFree(12345), "CUDA_ERROR_INVALID_VALUE")
    fails(cu.cuStreamSynchronize(cu.CUstream(12345)), "CUDA_ERROR_INVALID_HANDLE")
    arguments = ((pointer, 1.0, count), (None, ctypes.c_float, ctypes.c_uint32))
    too_many = cu.cuLaunchKernel(kernel, 1, 1, 1, 2048, 1, 1, 0, 0, arguments, 0)
    fails(too_many, "CUDA_ERROR_INVALID_VALUE")
    launch(kernel, pointer, 1.0, count + 1, 0)
    fails(cu.cuCtxSynchronize(), "CUDA_ERROR_ILLEGAL_ADDRESS")
    fails(cu.cuMemAlloc(16), "CUDA_ERROR_ILLEGAL_ADDRESS")  # and for good
    ok(cu.cuDevicePrimaryCtxReset(gpu))
    ok(cu.cuMemFree(ok(cu.cuMemAlloc(16))))
    ok(cu.cuDevicePrimaryCtxRelease(gpu))


def main():
    before_init()
    gpu = device()
    kernel = modules()
    pointer, stream, count = streams_and_events(kernel)
    captured_graph(kernel, pointer, stream, count)
    graph_by_nodes(kernel, pointer, stream, count)
    errors(gpu, kernel, pointer, count)


main()

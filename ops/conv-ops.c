/* conv-ops.c - the descriptors of convolution and its gradients. */
#include "ops/conv-ops-private.h"

const leat_op_def leat_op_Conv2D = LEAT_OP(
    "Conv2D(input: T, filter: T) -> output: T; T: {half, bfloat16, float, double, int32}; "
    "strides: list(int); use_cudnn_on_gpu: bool = true; padding: {'SAME', 'VALID', "
    "'EXPLICIT'}; explicit_paddings: list(int) = []; data_format: {'NHWC', 'NCHW'} = 'NHWC'; "
    "dilations: list(int) = [1, 1, 1, 1]",
    .doc =
        "Slides filters [height, width, channels, filters] over images. Where the images have a multiple of the filter's channels, these are groups.",
    .shape = leat_conv_forward_shape,
    .kernels = {{leat_conv_forward_kernel, leat_conv_is_float, "onednn"},
                {.fn = leat_conv_forward_kernel, .label = "blas"}},
    .gradient = leat_conv_forward_grad, .cost = leat_conv_cost);

LEAT_ROW(
    Conv2D,
    "(double[1,3,3,1] 1 2 3 4 5 6 7 8 9, double[2,2,1,1] 1 0 0 1) {strides: [1, 1, 1, 1], padding: 'VALID'} -> double[1,2,2,1] 6 8 12 14");
LEAT_ROW(
    Conv2D,
    "(float[1,3,3,1] 1 2 3 4 5 6 7 8 9, float[2,2,1,1] 1 0 0 1) {strides: [1, 2, 2, 1], padding: 'SAME'} -> float[1,2,2,1] 6 3 7 9");
LEAT_ROW(Conv2D, "(double[2,5,4,2] -1..1, double[3,2,2,3] -1..1) {strides: [1, 2, 1, 1], padding: 'SAME'}",
         ref_conv2d);
LEAT_ROW(
    Conv2D,
    "(double[2,2,5,4] -1..1, double[3,2,2,3] -1..1) {strides: [1, 1, 2, 1], padding: 'VALID', data_format: 'NCHW', dilations: [1, 1, 2, 1]}",
    ref_conv2d);
LEAT_ROW(
    Conv2D,
    "(float[3,7,6,4] -1..1, float[3,3,2,6] -1..1) {strides: [1, 1, 1, 1], padding: 'EXPLICIT', explicit_paddings: [0, 0, 1, 2, 0, 1, 0, 0]} nograd tol 1e-5",
    ref_conv2d);
LEAT_ROW(
    Conv2D,
    "(float[1,3,3,1] 0..1, float[2,2,1,1] 0..1) {strides: [1, 0, 1, 1], padding: 'SAME'} fails 'positive'");
LEAT_ROW(
    Conv2D,
    "(float[1,3,3,1] 0..1, float[4,2,1,1] 0..1) {strides: [1, 1, 1, 1], padding: 'VALID'} fails 'larger than the padded image'");
LEAT_ROW(
    Conv2D,
    "(float[1,3,3,3] 0..1, float[2,2,2,1] 0..1) {strides: [1, 1, 1, 1], padding: 'VALID'} fails 'evenly divisible'");
LEAT_ROW(Conv2D,
         "(float[1,3,3,1] 0..1, float[0,2,1,1]) {strides: [1, 1, 1, 1], padding: 'VALID'} fails 'empty'");

const leat_op_def leat_op_Conv2DBackpropInput =
    LEAT_OP("Conv2DBackpropInput(input_sizes: int32, filter: T, out_backprop: T) -> output: T; T: "
            "{half, bfloat16, float, double, int32}; strides: list(int); use_cudnn_on_gpu: bool = "
            "true; padding: {'SAME', 'VALID', 'EXPLICIT'}; explicit_paddings: list(int) = []; "
            "data_format: {'NHWC', 'NCHW'} = 'NHWC'; dilations: list(int) = [1, 1, 1, 1]",
            .doc = "The gradient of Conv2D by its images, whose shape input_sizes gives.",
            .shape = leat_conv_input_shape,
            .kernels = {{leat_conv_input_kernel, leat_conv_is_float, "onednn"},
                        {.fn = leat_conv_input_kernel, .label = "blas"}},
            .gradient = leat_conv_input_grad, .cost = leat_conv_cost);

LEAT_ROW(
    Conv2DBackpropInput,
    "(int32[4] 1 3 3 1, double[2,2,1,1] 1 0 0 1, double[1,2,2,1] 1 2 3 4) {strides: [1, 1, 1, 1], padding: 'VALID'} -> double[1,3,3,1] 1 2 0 3 5 2 0 3 4");
LEAT_ROW(
    Conv2DBackpropInput,
    "(int32[4] 1 4 3 1, float[2,2,1,1] 0..1, float[1,2,2,1] 0..1) {strides: [1, 1, 1, 1], padding: 'VALID'} fails 'shape of the convolution'");

const leat_op_def leat_op_Conv2DBackpropFilter =
    LEAT_OP("Conv2DBackpropFilter(input: T, filter_sizes: int32, out_backprop: T) -> output: T; T: "
            "floating; strides: list(int); use_cudnn_on_gpu: bool = true; padding: {'SAME', 'VALID', "
            "'EXPLICIT'}; explicit_paddings: list(int) = []; data_format: {'NHWC', 'NCHW'} = 'NHWC'; "
            "dilations: list(int) = [1, 1, 1, 1]",
            .doc = "The gradient of Conv2D by its filter, whose shape filter_sizes gives.",
            .shape = leat_conv_filter_shape,
            .kernels = {{leat_conv_filter_kernel, leat_conv_is_float, "onednn"},
                        {.fn = leat_conv_filter_kernel, .label = "blas"}},
            .gradient = leat_conv_filter_grad, .cost = leat_conv_cost);

LEAT_ROW(
    Conv2DBackpropFilter,
    "(double[1,3,3,1] 1 2 3 4 5 6 7 8 9, int32[4] 2 2 1 1, double[1,2,2,1] 1 2 3 4) {strides: [1, 1, 1, 1], padding: 'VALID'} -> double[2,2,1,1] 37 47 67 77");

const leat_op_def leat_op_Conv3D =
    LEAT_OP("Conv3D(input: T, filter: T) -> output: T; T: floating; strides: list(int) >= 5; "
            "padding: {'SAME', 'VALID'}; data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'; dilations: "
            "list(int) = [1, 1, 1, 1, 1]",
            .doc = "Slides filters [depth, height, width, channels, filters] over volumes.",
            .shape = leat_conv_forward_shape,
            .kernels = {{leat_conv_forward_kernel, leat_conv_is_float, "onednn"},
                        {.fn = leat_conv_forward_kernel, .label = "blas"}},
            .gradient = leat_conv_forward_grad, .cost = leat_conv_cost);

LEAT_ROW(
    Conv3D,
    "(double[1,2,2,2,1] 1 2 3 4 5 6 7 8, double[2,2,2,1,1] 1 0 0 0 0 0 0 1) {strides: [1, 1, 1, 1, 1], padding: 'VALID'} -> double[1,1,1,1,1] 9");

const leat_op_def leat_op_Conv3DBackpropInputV2 =
    LEAT_OP("Conv3DBackpropInputV2(input_sizes: Tshape, filter: T, out_backprop: T) -> output: T; T: "
            "floating; strides: list(int) >= 5; padding: {'SAME', 'VALID'}; data_format: {'NDHWC', "
            "'NCDHW'} = 'NDHWC'; dilations: list(int) = [1, 1, 1, 1, 1]; Tshape: {int32, int64} = "
            "int32",
            .doc = "The gradient of Conv3D by its volumes, whose shape input_sizes gives.",
            .shape = leat_conv_input_shape,
            .kernels = {{leat_conv_input_kernel, leat_conv_is_float, "onednn"},
                        {.fn = leat_conv_input_kernel, .label = "blas"}},
            .gradient = leat_conv_input_grad, .cost = leat_conv_cost);

LEAT_ROW(
    Conv3DBackpropInputV2,
    "(int32[5] 1 2 1 1 1, double[2,1,1,1,1] 1 2, double[1,1,1,1,1] 3) {strides: [1, 1, 1, 1, 1], padding: 'VALID'} -> double[1,2,1,1,1] 3 6");

const leat_op_def leat_op_Conv3DBackpropFilterV2 =
    LEAT_OP("Conv3DBackpropFilterV2(input: T, filter_sizes: int32, out_backprop: T) -> output: T; T: "
            "floating; strides: list(int) >= 5; padding: {'SAME', 'VALID'}; data_format: {'NDHWC', "
            "'NCDHW'} = 'NDHWC'; dilations: list(int) = [1, 1, 1, 1, 1]",
            .doc = "The gradient of Conv3D by its filter, whose shape filter_sizes gives.",
            .shape = leat_conv_filter_shape,
            .kernels = {{leat_conv_filter_kernel, leat_conv_is_float, "onednn"},
                        {.fn = leat_conv_filter_kernel, .label = "blas"}},
            .gradient = leat_conv_filter_grad, .cost = leat_conv_cost);

LEAT_ROW(
    Conv3DBackpropFilterV2,
    "(double[1,2,1,1,1] 1 2, int32[5] 2 1 1 1 1, double[1,1,1,1,1] 3) {strides: [1, 1, 1, 1, 1], padding: 'VALID'} -> double[2,1,1,1,1] 3 6");

/* ---- what graphs before version 10 say: the result's shape is that of a tensor ---- */

const leat_op_def leat_op_Conv3DBackpropInput = LEAT_OP(
    "Conv3DBackpropInput(input: T, filter: T, out_backprop: T) -> output: T; T: {half, float, double}; "
    "strides: list(int) >= 5; padding: {'SAME', 'VALID'}; dilations: list(int) = [1, 1, 1, 1, 1]",
    .doc = "The gradient of Conv3D by its volumes, which are of the shape of input.",
    .shape = leat_conv_input_shape,
    .kernels = {{leat_conv_input_kernel, leat_conv_is_float, "onednn"},
                {.fn = leat_conv_input_kernel, .label = "blas"}},
    .gradient = leat_grad_missing, .cost = leat_conv_cost);

LEAT_ROW(
    Conv3DBackpropInput,
    "(double[1,2,1,1,1] 0 0, double[2,1,1,1,1] 1 2, double[1,1,1,1,1] 3) {strides: [1, 1, 1, 1, 1], padding: 'VALID'} -> double[1,2,1,1,1] 3 6");

const leat_op_def leat_op_Conv3DBackpropFilter = LEAT_OP(
    "Conv3DBackpropFilter(input: T, filter: T, out_backprop: T) -> output: T; T: {half, float, double}; "
    "strides: list(int) >= 5; padding: {'SAME', 'VALID'}; dilations: list(int) = [1, 1, 1, 1, 1]",
    .doc = "The gradient of Conv3D by its filter, which is of the shape of filter.",
    .shape = leat_conv_filter_shape,
    .kernels = {{leat_conv_filter_kernel, leat_conv_is_float, "onednn"},
                {.fn = leat_conv_filter_kernel, .label = "blas"}},
    .gradient = leat_grad_missing, .cost = leat_conv_cost);

LEAT_ROW(
    Conv3DBackpropFilter,
    "(double[1,2,1,1,1] 1 2, double[2,1,1,1,1] 0 0, double[1,1,1,1,1] 3) {strides: [1, 1, 1, 1, 1], padding: 'VALID'} -> double[2,1,1,1,1] 3 6");

const leat_op_def leat_op_DepthwiseConv2dNative = LEAT_OP(
    "DepthwiseConv2dNative(input: T, filter: T) -> output: T; T: floating; strides: "
    "list(int); padding: {'SAME', 'VALID', 'EXPLICIT'}; explicit_paddings: list(int) = []; "
    "data_format: {'NHWC', 'NCHW'} = 'NHWC'; dilations: list(int) = [1, 1, 1, 1]",
    .doc = "Slides filters [height, width, channels, multiplier] over images, each channel by its own.",
    .shape = leat_conv_forward_shape,
    .kernels = {{leat_conv_forward_kernel, leat_conv_is_float, "onednn"},
                {.fn = leat_conv_forward_kernel, .label = "blas"}},
    .gradient = leat_conv_forward_grad, .cost = leat_conv_cost);

LEAT_ROW(
    DepthwiseConv2dNative,
    "(double[1,1,2,2] 1 2 3 4, double[1,2,2,1] 1 10 2 100) {strides: [1, 1, 1, 1], padding: 'VALID'} -> double[1,1,1,2] 7 420");
LEAT_ROW(
    DepthwiseConv2dNative,
    "(float[1,1,2,2] 1 2 3 4, float[1,1,2,2] 1 2 3 4) {strides: [1, 1, 1, 1], padding: 'VALID'} -> float[1,1,2,4] 1 2 6 8 3 6 12 16");

const leat_op_def leat_op_DepthwiseConv2dNativeBackpropInput =
    LEAT_OP("DepthwiseConv2dNativeBackpropInput(input_sizes: int32, filter: T, out_backprop: T) -> "
            "output: T; T: floating; strides: list(int); padding: {'SAME', 'VALID', 'EXPLICIT'}; "
            "explicit_paddings: list(int) = []; data_format: {'NHWC', 'NCHW'} = 'NHWC'; dilations: "
            "list(int) = [1, 1, 1, 1]",
            .doc = "The gradient of DepthwiseConv2dNative by its images, whose shape input_sizes gives.",
            .shape = leat_conv_input_shape,
            .kernels = {{leat_conv_input_kernel, leat_conv_is_float, "onednn"},
                        {.fn = leat_conv_input_kernel, .label = "blas"}},
            .gradient = leat_conv_input_grad, .cost = leat_conv_cost);

LEAT_ROW(
    DepthwiseConv2dNativeBackpropInput,
    "(int32[4] 1 1 2 2, double[1,2,2,1] 1 10 2 100, double[1,1,1,2] 1 1) {strides: [1, 1, 1, 1], padding: 'VALID'} -> double[1,1,2,2] 1 10 2 100");

const leat_op_def leat_op_DepthwiseConv2dNativeBackpropFilter =
    LEAT_OP("DepthwiseConv2dNativeBackpropFilter(input: T, filter_sizes: int32, out_backprop: T) -> "
            "output: T; T: floating; strides: list(int); padding: {'SAME', 'VALID', 'EXPLICIT'}; "
            "explicit_paddings: list(int) = []; data_format: {'NHWC', 'NCHW'} = 'NHWC'; dilations: "
            "list(int) = [1, 1, 1, 1]",
            .doc = "The gradient of DepthwiseConv2dNative by its filter, whose shape filter_sizes gives.",
            .shape = leat_conv_filter_shape,
            .kernels = {{leat_conv_filter_kernel, leat_conv_is_float, "onednn"},
                        {.fn = leat_conv_filter_kernel, .label = "blas"}},
            .gradient = leat_conv_filter_grad, .cost = leat_conv_cost);

LEAT_ROW(
    DepthwiseConv2dNativeBackpropFilter,
    "(double[1,1,2,2] 1 2 3 4, int32[4] 1 2 2 1, double[1,1,1,2] 1 1) {strides: [1, 1, 1, 1], padding: 'VALID'} -> double[1,2,2,1] 1 2 3 4");

"""What written code has to know of Keras's names. The core never loads Keras; a test holds these against the installed one."""

from app.core.architectures.kinds import APPLICATION_KINDS, KINDS

KERAS_LAYERS = (KINDS - APPLICATION_KINDS) | {
    "IntegerLookup",
    "Lambda",
    "MaxNumBoundingBoxes",
    "StringLookup",
    "TextVectorization",
}
"""The layers of `keras.layers` under their own names, those included that are not built here."""

APPLICATION_MODULES = {
    "CustomScaleLayer": "keras.src.applications.inception_resnet_v2",
    "LayerScale": "keras.src.applications.convnext",
    "StochasticDepth": "keras.src.applications.convnext",
}
"""Where Keras keeps the layers that only the networks of `keras.applications` use."""

_INITIALIZERS = """
Constant GlorotNormal GlorotUniform HeNormal HeUniform IdentityInitializer LecunNormal LecunUniform Ones Orthogonal
RandomNormal RandomUniform STFT TruncatedNormal VarianceScaling Zeros
"""

OBJECT_MODULES = {
    **dict.fromkeys(["L1", "L2", "L1L2", "OrthogonalRegularizer"], "regularizers"),
    **dict.fromkeys(["MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"], "constraints"),
    **dict.fromkeys(_INITIALIZERS.split(), "initializers"),
    **dict.fromkeys(["DTypePolicy", "FloatDTypePolicy", "QuantizedDTypePolicy"], "dtype_policies"),
}
"""Where Keras keeps the objects that can be arguments of a layer."""

FIRST_ARGUMENTS = frozenset(["units", "filters", "rate", "layer", "target_shape", "input_dim"])
"""Arguments that come first in every signature of Keras's layers that has them, and need no name there."""

FIRST_OF_ITS_KIND = {"Activation": "activation", "Permute": "dims", "RepeatVector": "n", "RNN": "cell"}
"""Further arguments that come first, by the layer's kind."""

LAYER_ARGUMENTS = frozenset(["layer", "backward_layer", "cell", "cells"])
"""Arguments that are layers themselves."""

FURTHER_RESULTS = {
    **dict.fromkeys(["LSTM", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"], ("state_h", "state_c")),
    **dict.fromkeys(["GRU", "SimpleRNN"], ("state",)),
    **dict.fromkeys(["MultiHeadAttention", "GroupQueryAttention", "Attention", "AdditiveAttention"], ("scores",)),
}
"""What a call yields behind its first result, where it is asked for its states or scores."""

NAMES_CONSUMED_INSIDE = {
    **dict.fromkeys(["MultiHeadAttention", "GroupQueryAttention"], ("softmax", "dropout")),
    "LSTM": ("lstm_cell",),
    "GRU": ("gru_cell",),
    "SimpleRNN": ("simple_rnn_cell",),
}
"""Automatic names that a layer uses up for layers it makes inside."""

_NETWORK_ATTRIBUTES = """
activity_regularizer add_loss add_metric add_variable add_weight autocast build build_from_config built call
call_signature_parameters compile compile_from_config compiled compiled_loss compiled_metrics compute_dtype
compute_loss compute_mask compute_metrics compute_output_shape compute_output_spec count_params
distribute_reduction_method distribute_strategy dtype dtype_policy evaluate export fit from_config get_build_config
get_compile_config get_config get_layer get_metrics_result get_quantization_layer_structure get_state_tree get_weights
input input_dtype input_spec inputs jit_compile layers load_own_variables load_weights loss losses
make_predict_function make_test_function make_train_function metrics metrics_names metrics_variables name
non_trainable_variables non_trainable_weights optimizer output outputs path predict predict_function predict_on_batch
predict_step quantization_mode quantize quantized_build quantized_call rematerialized_call reset_metrics run_eagerly
save save_own_variables save_weights set_state_tree set_weights stateless_call stateless_compute_loss
steps_per_execution stop_training summary supports_jit supports_masking symbolic_call test_function test_on_batch
test_step to_json train_function train_on_batch train_step trainable trainable_variables trainable_weights
unrolled_steps_per_execution variable_dtype variables weights
"""

NETWORK_ATTRIBUTES = frozenset(_NETWORK_ATTRIBUTES.split())
"""What a keras.Model already has under its name, so that no layer may be kept there."""

USUAL_IMPORTS = {
    "K": "from keras import backend as K",
    "layers": "from keras import layers",
    "np": "import numpy as np",
    "ops": "from keras import ops",
    "tf": "import tensorflow as tf",
}
"""What these names nearly always are in a definition's functions."""

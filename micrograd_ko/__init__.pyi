# tests/stubs.py 가 만든다. 손으로 고치지 않는다.

from micrograd_ko import compiler as compiler
from micrograd_ko import derivatives as derivatives
from micrograd_ko import explanation as explanation
from micrograd_ko import graph as graph
from micrograd_ko import micrograd as micrograd
from micrograd_ko import nn as nn
from micrograd_ko import ops as ops
from micrograd_ko import render as render
from micrograd_ko import testing as testing
from micrograd_ko.compiler.program import Program as Program
from micrograd_ko.compiler.program import ReplayError as ReplayError
from micrograd_ko.compiler.program import compile_graph as compile_graph
from micrograd_ko.derivatives import grad as grad
from micrograd_ko.derivatives import hessian as hessian
from micrograd_ko.derivatives import hvp as hvp
from micrograd_ko.derivatives import jacobian as jacobian
from micrograd_ko.derivatives import value_and_grad as value_and_grad
from micrograd_ko.engine import Value as Value
from micrograd_ko.explanation import derivative_table as derivative_table
from micrograd_ko.explanation import misconceptions as misconceptions
from micrograd_ko.explanation.explain import explain as explain
from micrograd_ko.graph import topological as topological
from micrograd_ko.kinds import arrays as arrays
from micrograd_ko.kinds import bounds as bounds
from micrograd_ko.kinds import symbols as symbols
from micrograd_ko.learning import losses as losses
from micrograd_ko.learning import optim as optim
from micrograd_ko.learning import plots as plots
from micrograd_ko.learning import train as train
from micrograd_ko.learning.data import iris as iris
from micrograd_ko.learning.diagnosis import diagnose as diagnose
from micrograd_ko.learning.history import History as History
from micrograd_ko.learning.optim import SGD as SGD
from micrograd_ko.learning.optim import Adam as Adam
from micrograd_ko.learning.optim import AdamW as AdamW
from micrograd_ko.nn import MLP as MLP
from micrograd_ko.nn import Layer as Layer
from micrograd_ko.nn import Module as Module
from micrograd_ko.nn import Neuron as Neuron
from micrograd_ko.nn import Trace as Trace
from micrograd_ko.note import equations as equations
from micrograd_ko.note import receipt as receipt
from micrograd_ko.operation import DomainError as DomainError
from micrograd_ko.render.drawing import Drawing as Drawing
from micrograd_ko.render.drawing import draw as draw
from micrograd_ko.staleness import first_nonfinite as first_nonfinite
from micrograd_ko.staleness import first_stale as first_stale
from micrograd_ko.staleness import refresh as refresh

__all__ = [
    'MLP',
    'SGD',
    'Adam',
    'AdamW',
    'DomainError',
    'Drawing',
    'History',
    'Layer',
    'Module',
    'Neuron',
    'Program',
    'ReplayError',
    'Trace',
    'Value',
    'compile_graph',
    'diagnose',
    'draw',
    'explain',
    'first_nonfinite',
    'first_stale',
    'grad',
    'hessian',
    'hvp',
    'jacobian',
    'ops',
    'refresh',
    'topological',
    'value_and_grad',
]

__version__: str

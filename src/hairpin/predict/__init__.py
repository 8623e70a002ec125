"""What a deployment will do, worked out without a socket.

The same sign-in client and browser rules that the lab and the live client run meet the same web sites in
memory. `memory` is the network between them, `foresee` runs sign-ins over it, `cause` names why one fails
from what the deployment file says, which the doctor must later find from a capture alone.
"""

from hairpin.predict.foresee import Prediction, foresee

__all__ = ["Prediction", "foresee"]

"""Statistical matching of children's records across partners: from table `record` to table `pair`.

`train` learns a model after Fellegi and Sunter from the records themselves, `score` weighs the pairs that
could be of one child, `cluster` makes groups of them under the constraints of partners' rosters. Tables in
and out are those of the connection that is given; nothing is written elsewhere, and a model holds no child's
value.
"""

from identity.matching.clustering import cluster
from identity.matching.model import Model, default_model
from identity.matching.normalising import KEPT, NORMALISED, rules_of_now
from identity.matching.scoring import score
from identity.matching.training import train

__all__ = ["KEPT", "NORMALISED", "Model", "cluster", "default_model", "rules_of_now", "score", "train"]

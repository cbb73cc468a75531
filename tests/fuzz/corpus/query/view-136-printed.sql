SELECT `db`.`b`.`id`, `u`.`unnest` AS `tag`
FROM `db`.`berth` AS `b` , LATERAL unnest(`db`.`b`.`tags`) u(`unnest`) 
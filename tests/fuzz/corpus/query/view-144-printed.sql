SELECT `db`.`b`.`id`
FROM `db`.`berth` AS `b`
WHERE `db`.`b`.`id` > 0
SELECT `db`.`b`.`id`
FROM `db`.`berth` AS `b` LEFT SEMI JOIN `db`.`ship` AS `s` ON `db`.`s`.`berth_id` = `db`.`b`.`id`
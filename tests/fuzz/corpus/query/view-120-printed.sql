SELECT `db`.`b`.`id`, `db`.`s`.`name`
FROM `db`.`berth` AS `b` INNER JOIN [BROADCAST] `db`.`ship` AS `s` ON `db`.`b`.`id` = `db`.`s`.`berth_id`
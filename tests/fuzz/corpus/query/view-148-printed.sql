SELECT `db`.`b`.`id`, `x`.`m`
FROM `db`.`berth` AS `b` LEFT OUTER JOIN (SELECT `db`.`ship`.`berth_id`, max(`db`.`ship`.`arrived`) AS `m`
FROM `db`.`ship`
GROUP BY `db`.`ship`.`berth_id`) `x` ON `x`.`berth_id` = `db`.`b`.`id`
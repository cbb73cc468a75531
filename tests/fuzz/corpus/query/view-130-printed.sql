WITH `a` (`id`) AS (SELECT `db`.`berth`.`id`
FROM `db`.`berth`) , `b` (`id`) AS (SELECT `a`.`id`
FROM `a`
WHERE `a`.`id` > 1) SELECT `a`.`id`
FROM `a` INNER JOIN `b` ON `a`.`id` = `b`.`id`